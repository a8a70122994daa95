import { scratch } from "../shared/scratch";
import { keepLargest } from "../shared/status";

/**
 * Twin of kernels/lattice/order.ranges.wgsl. Four keys are as many registers as a key has words, so that each lane of a
 * register always holds the same coordinate.
 */
export function orderRanges(
  vertexKeys: usize,
  ranges: usize,
  vertices: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const keyBytes = (<usize>(dimensions / 2 + 1)) << 2;
  // The largest complement of each half, and the largest half.
  const bytes = keyBytes << 2;
  memory.fill(scratch, 0, bytes << 1);
  let vertex = begin;
  let from = vertexKeys + <usize>vertex * keyBytes;
  for (; vertex + 4 <= end; vertex += 4) {
    for (let at = scratch; at < scratch + bytes; at += 16) {
      const halves = v128.load(from);
      v128.store(at, i16x8.max_u(v128.load(at), v128.not(halves)));
      v128.store(at + bytes, i16x8.max_u(v128.load(at + bytes), halves));
      from += 16;
    }
  }
  for (; vertex < end; vertex++) {
    for (let at = scratch; at < scratch + keyBytes; at += 2) {
      const half = load<u16>(from);
      store<u16>(at, max(load<u16>(at), ~half));
      store<u16>(at + bytes, max(load<u16>(at + bytes), half));
      from += 2;
    }
  }
  for (let i: u32 = 0; i < dimensions << 1; i++) {
    let at = scratch + ((<usize>(i >> 1)) << 1) + (i & 1 ? bytes : 0);
    let largest: u16 = 0;
    for (let key: u32 = 0; key < 4; key++) {
      largest = max(largest, load<u16>(at));
      at += keyBytes;
    }
    keepLargest(ranges + ((<usize>i) << 2), largest);
  }
}
