import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";
import { activate } from "./softmax";

/** Twin of kernels/crf/update.wgsl. */
export function update(
  spatialSimplices: usize,
  bilateralSimplices: usize,
  spatialValues: usize,
  bilateralValues: usize,
  matrices: usize,
  unary: usize,
  result: usize,
  points: u32,
  channels: u32,
  mode: u32,
  diagonal: u32,
  dimensions: u32,
  quads: u32,
  begin: u32,
  end: u32,
): void {
  const stride = <usize>quads << 4;
  const simplexBytes = <usize>(dimensions + 1) << 3;
  // A pixel's filtered values; a stride each. Subtracted from the unary in place of X.
  const spatial = scratch;
  const bilateral = spatial + stride;
  const x = bilateral + stride;
  for (let point = begin; point < end; point++) {
    const first = spatialSimplices + <usize>point * 24;
    gather(first, first + 24, spatialValues, stride, spatial);
    const other = bilateralSimplices + <usize>point * simplexBytes;
    gather(other, other + simplexBytes, bilateralValues, stride, bilateral);
    const own = unary + <usize>point * stride;
    if (diagonal) {
      for (let at: usize = 0; at < stride; at += 16) {
        let message = f32x4.mul(v128.load(matrices + at), v128.load(spatial + at));
        message = multiplyAdd(v128.load(matrices + stride + at), v128.load(bilateral + at), message);
        v128.store(x + at, f32x4.sub(v128.load(own + at), message));
      }
    } else {
      for (let at: usize = 0; at < stride; at += 16) {
        let message = f32x4.splat(0);
        let row = matrices + at;
        const rows = <usize>channels * stride;
        for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
          message = multiplyAdd(v128.load32_splat(spatial + c), v128.load(row), message);
          message = multiplyAdd(v128.load32_splat(bilateral + c), v128.load(row + rows), message);
          row += stride;
        }
        v128.store(x + at, f32x4.sub(v128.load(own + at), message));
      }
    }
    activate(x, result + <usize>point * stride, channels, mode);
  }
}

/** to = Σ weight·values[vertex] over a simplex. */
// @ts-ignore: decorator
@inline
function gather(first: usize, last: usize, values: usize, stride: usize, to: usize): void {
  for (let at: usize = 0; at < stride; at += 16) {
    let sum = f32x4.splat(0);
    for (let pair = first; pair < last; pair += 8) {
      sum = multiplyAdd(v128.load32_splat(pair, 4), v128.load(values + <usize>load<u32>(pair) * stride + at), sum);
    }
    v128.store(to + at, sum);
  }
}
