import { widenRows } from "../shared/halves";
import { scratch } from "../shared/scratch";
import { multiplyAdd } from "../shared/simd";

/** Terms that are widened at a time where the right operand is stored as halves: 16 KiB. */
const chunkTerms: u32 = 512;

/** Twin of kernels/nn/product.wgsl. */
export function product(
  left: usize,
  right: usize,
  result: usize,
  columnPanels: u32,
  batch: u32,
  rowPanels: u32,
  batchColumns: u32,
  batchColumnStride: u32,
  termRows: u32,
  termColumns: u32,
  termStride: u32,
  leftRowStride: u32,
  leftPanelStride: u32,
  rightBatchStride: u32,
  rightPanelStride: u32,
  firstColumnPanel: u32,
  accumulate: u32,
  halves: u32,
  begin: u32,
  end: u32,
): void {
  const zero = f32x4.splat(0);
  const strideBytes = (<usize>termStride) << 4;
  for (let index = begin; index < end; index++) {
    const rowPanel = index % rowPanels;
    const element = (index / rowPanels) % batch;
    const columnPanel = firstColumnPanel + index / (rowPanels * batch);
    const first =
      rowPanel * leftPanelStride +
      (element / batchColumns) * leftRowStride +
      (element % batchColumns) * batchColumnStride;
    let rightAt = <usize>(columnPanel * rightPanelStride + element * rightBatchStride);
    rightAt = right + ((rightAt << 5) >> halves);
    let a0 = zero;
    let b0 = zero;
    let a1 = zero;
    let b1 = zero;
    let a2 = zero;
    let b2 = zero;
    let a3 = zero;
    let b3 = zero;
    for (let row: u32 = 0; row < termRows; row++) {
      let leftAt = left + ((<usize>(first + row * termStride * leftRowStride)) << 4);
      let rest: u32 = termColumns;
      while (rest) {
        const count = halves ? min(rest, chunkTerms) : rest;
        let at = rightAt;
        if (halves) {
          widenRows(rightAt, scratch, count);
          at = scratch;
        }
        rightAt += ((<usize>count) << 5) >> halves;
        rest -= count;
        for (const last = at + ((<usize>count) << 5); at < last; at += 32) {
          const low = v128.load(at);
          const high = v128.load(at, 16);
          let four = v128.load32_splat(leftAt);
          a0 = multiplyAdd(four, low, a0);
          b0 = multiplyAdd(four, high, b0);
          four = v128.load32_splat(leftAt, 4);
          a1 = multiplyAdd(four, low, a1);
          b1 = multiplyAdd(four, high, b1);
          four = v128.load32_splat(leftAt, 8);
          a2 = multiplyAdd(four, low, a2);
          b2 = multiplyAdd(four, high, b2);
          four = v128.load32_splat(leftAt, 12);
          a3 = multiplyAdd(four, low, a3);
          b3 = multiplyAdd(four, high, b3);
          leftAt += strideBytes;
        }
      }
    }
    const to = result + ((<usize>index) << 7);
    if (accumulate) {
      a0 = f32x4.add(a0, v128.load(to));
      b0 = f32x4.add(b0, v128.load(to, 16));
      a1 = f32x4.add(a1, v128.load(to, 32));
      b1 = f32x4.add(b1, v128.load(to, 48));
      a2 = f32x4.add(a2, v128.load(to, 64));
      b2 = f32x4.add(b2, v128.load(to, 80));
      a3 = f32x4.add(a3, v128.load(to, 96));
      b3 = f32x4.add(b3, v128.load(to, 112));
    }
    v128.store(to, a0);
    v128.store(to, b0, 16);
    v128.store(to, a1, 32);
    v128.store(to, b1, 48);
    v128.store(to, a2, 64);
    v128.store(to, b2, 80);
    v128.store(to, a3, 96);
    v128.store(to, b3, 112);
  }
}
