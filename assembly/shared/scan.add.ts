import { blockLength } from "./scan";

/** Twin of kernels/shared/scan.add.wgsl. */
export function scanAdd(totals: usize, values: usize, count: u32, begin: u32, end: u32): void {
  for (let i = begin; i < end;) {
    const last = min((i / blockLength + 1) * blockLength, end);
    const total = load<u32>(totals + ((<usize>(i / blockLength)) << 2));
    const four = i32x4.splat(total);
    for (; i + 4 <= last; i += 4) {
      const address = values + ((<usize>i) << 2);
      v128.store(address, i32x4.add(v128.load(address), four));
    }
    for (; i < last; i++) {
      const address = values + ((<usize>i) << 2);
      store<u32>(address, load<u32>(address) + total);
    }
  }
}
