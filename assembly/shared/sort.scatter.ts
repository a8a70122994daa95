import { scratch } from "./scratch";

/** Twin of kernels/shared/sort.scatter.wgsl; begin and end count blocks. Cursors are in scratch memory, as the counters of sort.count. */
export function sortScatter(
  keys: usize,
  order: usize,
  starts: usize,
  sortedKeys: usize,
  sortedOrder: usize,
  count: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
  begin: u32,
  end: u32,
): void {
  const own = scratch;
  for (let block = begin; block < end; block++) {
    for (let digit: u32 = 0; digit <= digitMask; digit++) {
      store<u32>(own + ((<usize>digit) << 2), load<u32>(starts + ((<usize>(digit * blocks + block)) << 2)));
    }
    const last = min((block + 1) * blockSize, count);
    for (let i = block * blockSize; i < last; i++) {
      const key = load<u32>(keys + ((<usize>i) << 2));
      const cursor = own + ((<usize>((key >> shift) & digitMask)) << 2);
      const place = load<u32>(cursor);
      store<u32>(cursor, place + 1);
      store<u32>(sortedKeys + ((<usize>place) << 2), key);
      store<u32>(sortedOrder + ((<usize>place) << 2), identity ? i : load<u32>(order + ((<usize>i) << 2)));
    }
  }
}
