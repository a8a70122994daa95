import { hashKey, sameKey } from "./hash";

const probeLimit: u32 = 512;

/**
 * Twin of kernels/lattice/hash.insert.wgsl. Where the point before has the same key, as neighbors in an image often do,
 * its slot serves and nothing is looked up; its entry is smaller, so the slot need not change either.
 */
export function hashInsert(
  keys: usize,
  slots: usize,
  entrySlots: usize,
  status: usize,
  entries: u32,
  mask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  const keyBytes = words << 2;
  const coordinates = dimensions + 1;
  const pointBytes = <usize>(coordinates * keyBytes);
  const shared = begin + coordinates;
  for (let entry = begin; entry < end; entry++) {
    const key = keys + <usize>(entry * keyBytes);
    const to = entrySlots + (<usize>entry << 2);
    if (entry >= shared && sameKey(key - pointBytes, key, words)) {
      store<u32>(to, load<u32>(to - (<usize>coordinates << 2)));
      continue;
    }
    let slot = hashKey(key, words) & mask;
    let probes: u32 = 0;
    while (probes < probeLimit) {
      const address = slots + ((<usize>slot) << 2);
      let held = load<u32>(address);
      if (held == 0) {
        held = atomic.cmpxchg<u32>(address, 0, entry + 1);
        if (held == 0) break;
      }
      if (sameKey(keys + <usize>((held - 1) * keyBytes), key, words)) {
        // Mostly the entry in the slot is already the smaller one: a plain look first keeps the bus unlocked.
        while (entry + 1 < held) held = atomic.cmpxchg<u32>(address, held, entry + 1);
        break;
      }
      slot = (slot + 1) & mask;
      probes++;
    }
    store<u32>(to, slot);
    if (probes == probeLimit) store<u32>(status + 8, 1);
  }
}
