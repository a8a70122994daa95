/**
 * Keeps the smallest index that was reported. Status words hold complements, so the largest word wins, and 0 means that
 * nothing was reported.
 */
export function keepFirst(address: usize, index: u32): void {
  let held = atomic.load<u32>(address);
  while (held < ~index) {
    const found = atomic.cmpxchg<u32>(address, held, ~index);
    if (found == held) return;
    held = found;
  }
}
