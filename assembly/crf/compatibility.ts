import { multiplyAdd, sumLanes } from "../shared/simd";

/** Twin of kernels/crf/compatibility.wgsl. */
export function compatibility(
  values: usize,
  matrix: usize,
  addend: usize,
  result: usize,
  rows: u32,
  channels: u32,
  matrixRow: u32,
  factor: f32,
  add: u32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const stride = <usize>quads << 4;
  const first = matrix + <usize>matrixRow * stride;
  let row = begin / quads;
  let quad = begin % quads;
  for (let index = begin; index < end; index++) {
    const x = values + <usize>row * stride;
    const channel = quad << 2;
    const line = first + <usize>channel * stride;
    // Lanes beyond the last channel have no row in the matrix and stay zero.
    const most = min(3, channels - 1 - channel);
    let sum = f32x4.replace_lane(f32x4.splat(0), 0, dot(line, x, stride));
    if (most >= 1) sum = f32x4.replace_lane(sum, 1, dot(line + stride, x, stride));
    if (most >= 2) sum = f32x4.replace_lane(sum, 2, dot(line + 2 * stride, x, stride));
    if (most >= 3) sum = f32x4.replace_lane(sum, 3, dot(line + 3 * stride, x, stride));
    const at = <usize>index << 4;
    let total = f32x4.mul(f32x4.splat(factor), sum);
    if (add) total = f32x4.add(total, v128.load(addend + at));
    v128.store(result + at, total);
    if (++quad == quads) {
      quad = 0;
      row++;
    }
  }
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) sum = multiplyAdd(v128.load(a + at), v128.load(b + at), sum);
  return f32x4.extract_lane(sumLanes(sum), 0);
}
