/** Stores `value` unless what is there is as large. */
export function keepLargest(address: usize, value: u32): void {
  let held = atomic.load<u32>(address);
  while (held < value) {
    const found = atomic.cmpxchg<u32>(address, held, value);
    if (found == held) return;
    held = found;
  }
}

/**
 * Keeps the smallest index that was reported. Status words hold complements, so the largest word wins, and 0 means that
 * nothing was reported.
 */
export function keepFirst(address: usize, index: u32): void {
  keepLargest(address, ~index);
}
