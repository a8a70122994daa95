/** Twin of kernels/shared/sort.count.wgsl; begin and end count blocks. */
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
  for (let block = begin; block < end; block++) {
    const last = min((block + 1) * blockSize, count);
    const column = counts + ((<usize>block) << 2);
    for (let item = block * blockSize; item < last; item++) {
      const digit = (load<u32>(keys + ((<usize>item) << 2)) >> shift) & digitMask;
      const at = column + ((<usize>(digit * blocks)) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
}
