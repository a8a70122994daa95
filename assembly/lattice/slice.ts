import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/lattice/slice.wgsl. */
export function slice(
  simplices: usize,
  values: usize,
  result: usize,
  points: u32,
  quads: u32,
  resultQuads: u32,
  resultOffset: u32,
  factor: f32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const simplexBytes = <usize>(dimensions + 1) << 3;
  const stride = <usize>quads << 4;
  const scale = f32x4.splat(factor);
  let index = begin;
  while (index < end) {
    const point = index / quads;
    const quad = index - point * quads;
    const count = min(quads - quad, end - index);
    const first = simplices + <usize>point * simplexBytes;
    const last = first + simplexBytes;
    const column = values + (<usize>quad << 4);
    const to = result + (<usize>(point * resultQuads + resultOffset + quad) << 4);
    let q: u32 = 0;
    for (; q + 6 <= count; q += 6) sixQuads(first, last, column + (<usize>q << 4), stride, scale, to + (<usize>q << 4));
    for (; q < count; q++) oneQuad(first, last, column + (<usize>q << 4), stride, scale, to + (<usize>q << 4));
    index += count;
  }
}

// @ts-ignore: decorator
@inline
function sixQuads(first: usize, last: usize, column: usize, stride: usize, scale: v128, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  for (let pair = first; pair < last; pair += 8) {
    const row = column + <usize>load<u32>(pair) * stride;
    const weight = v128.load32_splat(pair, 4);
    a = multiplyAdd(weight, v128.load(row), a);
    b = multiplyAdd(weight, v128.load(row, 16), b);
    c = multiplyAdd(weight, v128.load(row, 32), c);
    d = multiplyAdd(weight, v128.load(row, 48), d);
    e = multiplyAdd(weight, v128.load(row, 64), e);
    f = multiplyAdd(weight, v128.load(row, 80), f);
  }
  v128.store(to, f32x4.mul(scale, a));
  v128.store(to, f32x4.mul(scale, b), 16);
  v128.store(to, f32x4.mul(scale, c), 32);
  v128.store(to, f32x4.mul(scale, d), 48);
  v128.store(to, f32x4.mul(scale, e), 64);
  v128.store(to, f32x4.mul(scale, f), 80);
}

// @ts-ignore: decorator
@inline
function oneQuad(first: usize, last: usize, column: usize, stride: usize, scale: v128, to: usize): void {
  let a = f32x4.splat(0);
  for (let pair = first; pair < last; pair += 8) {
    a = multiplyAdd(v128.load32_splat(pair, 4), v128.load(column + <usize>load<u32>(pair) * stride), a);
  }
  v128.store(to, f32x4.mul(scale, a));
}
