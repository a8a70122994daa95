import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/lattice/slice.wgsl. */
export function slice(
  vertices: usize,
  weights: usize,
  values: usize,
  norms: usize,
  result: usize,
  points: u32,
  quads: u32,
  resultQuads: u32,
  resultOffset: u32,
  factor: f32,
  normalize: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const stride = <usize>quads << 4;
  let index = begin;
  while (index < end) {
    const point = index / quads;
    const quad = index - point * quads;
    const count = min(quads - quad, end - index);
    const entry = <usize>(point * coordinates) << 2;
    const column = values + (<usize>quad << 4);
    const scale = f32x4.splat(normalize ? factor * load<f32>(norms + (<usize>point << 2)) : factor);
    const to = result + (<usize>(point * resultQuads + resultOffset + quad) << 4);
    let q: u32 = 0;
    for (; q + 6 <= count; q += 6) {
      sixQuads(vertices + entry, weights + entry, coordinates, column + (<usize>q << 4), stride, scale, to + (<usize>q << 4));
    }
    for (; q < count; q++) {
      oneQuad(vertices + entry, weights + entry, coordinates, column + (<usize>q << 4), stride, scale, to + (<usize>q << 4));
    }
    index += count;
  }
}

// @ts-ignore: decorator
@inline
function sixQuads(vertices: usize, weights: usize, coordinates: u32, column: usize, stride: usize, scale: v128, to: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  for (let at: usize = 0; at < <usize>coordinates << 2; at += 4) {
    const row = column + <usize>load<u32>(vertices + at) * stride;
    const weight = v128.load32_splat(weights + at);
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
function oneQuad(vertices: usize, weights: usize, coordinates: u32, column: usize, stride: usize, scale: v128, to: usize): void {
  let a = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>coordinates << 2; at += 4) {
    const row = column + <usize>load<u32>(vertices + at) * stride;
    a = multiplyAdd(v128.load32_splat(weights + at), v128.load(row), a);
  }
  v128.store(to, f32x4.mul(scale, a));
}
