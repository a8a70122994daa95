import { multiplyAdd } from "../shared/simd";

/**
 * to = from + Σ weight·values[row] over the pairs (row, weight) in [first, last): goes on with a sum of `gather`, to the same bits.
 * `from` and `to` may be one place. `rowStride` in bytes.
 */
// @ts-ignore: decorator
@inline
export function gatherOn(
  first: usize,
  last: usize,
  values: usize,
  rowStride: usize,
  quads: u32,
  from: usize,
  to: usize,
): void {
  let q: usize = 0;
  const end = (<usize>quads) << 4;
  for (; q + 96 <= end; q += 96) six(first, last, values + q, rowStride, from + q, to + q);
  for (; q < end; q += 16) one(first, last, values + q, rowStride, from + q, to + q);
}

// @ts-ignore: decorator
@inline
function six(first: usize, last: usize, values: usize, rowStride: usize, from: usize, to: usize): void {
  let a = v128.load(from);
  let b = v128.load(from, 16);
  let c = v128.load(from, 32);
  let d = v128.load(from, 48);
  let e = v128.load(from, 64);
  let f = v128.load(from, 80);
  for (let pair = first; pair < last; pair += 8) {
    const row = values + <usize>load<u32>(pair) * rowStride;
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

// @ts-ignore: decorator
@inline
function one(first: usize, last: usize, values: usize, rowStride: usize, from: usize, to: usize): void {
  let a = v128.load(from);
  for (let pair = first; pair < last; pair += 8) {
    a = multiplyAdd(v128.load32_splat(pair, 4), v128.load(values + <usize>load<u32>(pair) * rowStride), a);
  }
  v128.store(to, a);
}
