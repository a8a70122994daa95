import { scratch } from "./scratch";

/**
 * Twin of kernels/shared/sort.count.wgsl; begin and end count blocks. A block's counters are in scratch memory until they are all known:
 * those of the same digit lie side by side in `counts`, where threads would get in each other's way.
 */
export function sortCount(
  keys: usize,
  counts: usize,
  count: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  begin: u32,
  end: u32,
): void {
  const own = scratch;
  for (let block = begin; block < end; block++) {
    memory.fill(own, 0, (<usize>digitMask + 1) << 2);
    const last = min((block + 1) * blockSize, count);
    for (let item = block * blockSize; item < last; item++) {
      const digit = (load<u32>(keys + ((<usize>item) << 2)) >> shift) & digitMask;
      const at = own + ((<usize>digit) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
    for (let digit: u32 = 0; digit <= digitMask; digit++) {
      store<u32>(counts + ((<usize>(digit * blocks + block)) << 2), load<u32>(own + ((<usize>digit) << 2)));
    }
  }
}
