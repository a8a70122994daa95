import { multiplyAdd } from "../shared/simd";

/** Quads of a block, and of the groups by which it is summed. */
const blockQuads: u32 = 64;
const groupQuads: u32 = 8;

/** Twin of kernels/optim/clip.squares.wgsl. */
export function clipSquares(values: usize, sums: usize, count: u32, firstBlock: u32, begin: u32, end: u32): void {
  for (let block = begin; block < end; block++) {
    const last = min(count, (block + 1) * blockQuads);
    let sum = f32x4.splat(0);
    for (let first = block * blockQuads; first < last; first += groupQuads) {
      let part = f32x4.splat(0);
      for (let i = first; i < min(last, first + groupQuads); i++) {
        const x = v128.load(values + ((<usize>i) << 4));
        part = multiplyAdd(x, x, part);
      }
      sum = f32x4.add(sum, part);
    }
    v128.store(sums + ((<usize>(firstBlock + block)) << 4), sum);
  }
}
