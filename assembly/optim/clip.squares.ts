import { multiplyAdd } from "../shared/simd";

/** Twin of kernels/optim/clip.squares.wgsl. */
export function clipSquares(values: usize, sums: usize, count: u32, firstBlock: u32, begin: u32, end: u32): void {
  for (let block = begin; block < end; block++) {
    const last = min(count, (block << 6) + 64);
    let sum = f32x4.splat(0);
    for (let first = block << 6; first < last; first += 8) {
      let part = f32x4.splat(0);
      for (let i = first; i < min(last, first + 8); i++) {
        const x = v128.load(values + ((<usize>i) << 4));
        part = multiplyAdd(x, x, part);
      }
      sum = f32x4.add(sum, part);
    }
    v128.store(sums + ((<usize>(firstBlock + block)) << 4), sum);
  }
}
