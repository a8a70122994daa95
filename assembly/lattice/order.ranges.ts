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
  const least = scratch;
  const largest = scratch + (keyBytes << 2);
  memory.fill(least, 0xff, keyBytes << 2);
  memory.fill(largest, 0, keyBytes << 2);
  let vertex = begin;
  let from = vertexKeys + <usize>vertex * keyBytes;
  for (; vertex + 4 <= end; vertex += 4) {
    for (let at: usize = 0; at < keyBytes << 2; at += 16) {
      const halves = v128.load(from + at);
      v128.store(least + at, i16x8.min_u(v128.load(least + at), halves));
      v128.store(largest + at, i16x8.max_u(v128.load(largest + at), halves));
    }
    from += keyBytes << 2;
  }
  for (; vertex < end; vertex++) {
    for (let at: usize = 0; at < keyBytes; at += 2) {
      const half = <u32>load<u16>(from + at);
      store<u16>(least + at, min(<u32>load<u16>(least + at), half));
      store<u16>(largest + at, max(<u32>load<u16>(largest + at), half));
    }
    from += keyBytes;
  }
  for (let i: u32 = 0; i < dimensions; i++) {
    let low: u32 = 0xffff;
    let high: u32 = 0;
    for (let key: usize = 0; key < 4; key++) {
      const at = key * keyBytes + ((<usize>i) << 1);
      low = min(low, <u32>load<u16>(least + at));
      high = max(high, <u32>load<u16>(largest + at));
    }
    keepLargest(ranges + ((<usize>i) << 3), 0xffff - low);
    keepLargest(ranges + ((<usize>i) << 3) + 4, high);
  }
}
