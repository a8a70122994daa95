import { blockLength } from "./scan";

/** Twin of kernels/shared/scan.blocks.wgsl; begin and end count blocks. */
export function scanBlocks(values: usize, totals: usize, count: u32, begin: u32, end: u32): void {
  for (let block = begin; block < end; block++) {
    const last = min((block + 1) * blockLength, count);
    let sum: u32 = 0;
    for (let i = block * blockLength; i < last; i++) {
      const address = values + ((<usize>i) << 2);
      const value = load<u32>(address);
      store<u32>(address, sum);
      sum += value;
    }
    store<u32>(totals + ((<usize>block) << 2), sum);
  }
}
