import { scratch } from "../shared/scratch";

/** Slots that are looked at before any of what they hold is. */
const blockLength: u32 = 64;

/**
 * Twin of kernels/lattice/hash.number.wgsl. The slots in use are found first, without a branch that could be mispredicted, so
 * that the cache misses of what they hold overlap.
 */
export function hashNumber(
  numbers: usize,
  keys: usize,
  slots: usize,
  vertexKeys: usize,
  capacity: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  for (let first = begin; first < end; first += blockLength) {
    const last = min(first + blockLength, end);
    let used = scratch;
    for (let slot = first; slot < last; slot++) {
      store<u32>(used, slot);
      used += (<usize>(load<u32>(slots + ((<usize>slot) << 2)) != 0)) << 2;
    }
    for (let at = scratch; at < used; at += 4) {
      const slot = slots + ((<usize>load<u32>(at)) << 2);
      const entry = load<u32>(slot) - 1;
      const vertex = load<u32>(numbers + ((<usize>entry) << 2));
      store<u32>(slot, vertex + 1);
      const from = keys + <usize>((entry * words) << 2);
      const to = vertexKeys + <usize>((vertex * words) << 2);
      for (let k: u32 = 0; k < words; k++) store<u32>(to + ((<usize>k) << 2), load<u32>(from + ((<usize>k) << 2)));
    }
  }
}
