import { multiplyAdd } from "./simd";

/** Twin of kernels/shared/outerProducts.wgsl. */
export function outerProducts(
  a: usize,
  b: usize,
  result: usize,
  rows: u32,
  channels: u32,
  blockRows: u32,
  factor: f32,
  begin: u32,
  end: u32,
): void {
  const quads = (channels + 3) >> 2;
  const stride = <usize>quads << 4;
  const size = channels * quads;
  const scale = f32x4.splat(factor);
  for (let index = begin; index < end; index++) {
    const block = index / size;
    const within = index - block * size;
    const o = within / quads;
    const quad = within - o * quads;
    const first = block * blockRows;
    const last = min(first + blockRows, rows);
    let left = a + <usize>first * stride + (<usize>o << 2);
    let right = b + <usize>first * stride + (<usize>quad << 4);
    let sum = f32x4.splat(0);
    for (let row = first; row < last; row++) {
      sum = multiplyAdd(v128.load32_splat(left), v128.load(right), sum);
      left += stride;
      right += stride;
    }
    v128.store(result + (<usize>index << 4), f32x4.mul(scale, sum));
  }
}
