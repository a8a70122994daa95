/** Keeps the smallest index reported: status holds complements, so the largest, and 0 for none. */
export function keepFirst(address: usize, index: u32): void {
  let held = atomic.load<u32>(address);
  while (held < ~index) {
    const found = atomic.cmpxchg<u32>(address, held, ~index);
    if (found == held) return;
    held = found;
  }
}
