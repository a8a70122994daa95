import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

/** Twin of kernels/lattice/neighbors.wgsl. */
export function neighbors(
  slots: usize,
  vertexKeys: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  mask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const words = dimensions / 2 + 1;
  const key = scratch;
  const tag = key + (<usize>dimensions << 1);
  let vertex = begin / coordinates;
  let axis = begin % coordinates;
  for (let index = begin; index < end; index++) {
    const own = vertexKeys + <usize>(vertex * words << 2);
    for (let k: u32 = 0; k < words; k++) store<u32>(key + (<usize>k << 2), load<u32>(own + (<usize>k << 2)));
    // The tag's low 16 bits hold the remainder in its low four; d ≤ 15, so the sums below never leave them.
    const low = load<u16>(tag);
    if ((low & 15) == 0) {
      for (let i: u32 = 0; i < dimensions; i++) {
        const at = key + (<usize>i << 1);
        store<u16>(at, load<u16>(at) - 1);
      }
      store<u16>(tag, <u16>(low + dimensions));
    } else store<u16>(tag, low - 1);
    if (axis < dimensions) {
      const at = key + (<usize>axis << 1);
      store<u16>(at, load<u16>(at) + 1);
    }

    for (let slot = hashKey(key, words) & mask; ; slot = (slot + 1) & mask) {
      const held = load<u32>(slots + (<usize>slot << 2));
      if (held == 0) break;
      const other = held - 1;
      if (sameKey(vertexKeys + <usize>(other * words << 2), key, words)) {
        const row = axis * axisLength;
        store<u32>(neighbors + (<usize>(row + vertex) << 3), other);
        store<u32>(neighbors + (<usize>(row + other) << 3), vertex, 4);
        break;
      }
    }
    if (++axis == coordinates) {
      axis = 0;
      vertex++;
    }
  }
}
