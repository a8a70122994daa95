import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/lattice/splat.wgsl. A vertex's quads are summed together, six at a time in registers. */
export function splat(
  offsets: usize,
  incidence: usize,
  values: usize,
  result: usize,
  vertices: u32,
  quads: u32,
  valueQuads: u32,
  valueOffset: u32,
  begin: u32,
  end: u32,
): void {
  const stride = (<usize>valueQuads) << 4;
  let index = begin;
  while (index < end) {
    const vertex = index / quads;
    const quad = index - vertex * quads;
    const count = min(quads - quad, end - index);
    const column = values + ((<usize>(valueOffset + quad)) << 4);
    const first = incidence + ((<usize>load<u32>(offsets + ((<usize>vertex) << 2))) << 3);
    const last = incidence + ((<usize>load<u32>(offsets + ((<usize>vertex) << 2), 4)) << 3);
    const to = result + ((<usize>index) << 4);
    let q: u32 = 0;
    for (; q + 6 <= count; q += 6) sixQuads(first, last, column + ((<usize>q) << 4), stride, to + ((<usize>q) << 4));
    for (; q < count; q++) oneQuad(first, last, column + ((<usize>q) << 4), stride, to + ((<usize>q) << 4));
    index += count;
  }
}

function sixQuads(first: usize, last: usize, column: usize, stride: usize, to: usize): void {
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
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
  v128.store(to, e, 64);
  v128.store(to, f, 80);
}

function oneQuad(first: usize, last: usize, column: usize, stride: usize, to: usize): void {
  let a = f32x4.splat(0);
  for (let pair = first; pair < last; pair += 8) {
    a = multiplyAdd(v128.load32_splat(pair, 4), v128.load(column + <usize>load<u32>(pair) * stride), a);
  }
  v128.store(to, a);
}
