import { keepLargest } from "../shared/status";

/** Twin of kernels/lattice/order.ranges.wgsl. */
export function orderRanges(
  vertexKeys: usize,
  ranges: usize,
  vertices: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const keyBytes = (<usize>(dimensions / 2 + 1)) << 2;
  for (let i: u32 = 0; i < dimensions; i++) {
    let least: u32 = 0xffff;
    let largest: u32 = 0;
    let from = vertexKeys + <usize>begin * keyBytes + ((<usize>i) << 1);
    for (let vertex = begin; vertex < end; vertex++) {
      const half = <u32>load<u16>(from);
      least = min(least, half);
      largest = max(largest, half);
      from += keyBytes;
    }
    const to = ranges + ((<usize>i) << 3);
    keepLargest(to, 0xffff - least);
    keepLargest(to + 4, largest);
  }
}
