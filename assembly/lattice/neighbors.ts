import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

/** Twin of kernels/lattice/neighbors.wgsl, for the rare lattices whose keys are not packed (neighbors.merge.ts). */
export function neighbors(
  slots: usize,
  vertexKeys: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  slotMask: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const coordinates = dimensions + 1;
  const words = dimensions / 2 + 1;
  const keyBytes = (<usize>words) << 2;
  const tagShift = (dimensions & 1) << 4;
  const key = scratch;
  for (let index = begin; index < end; index++) {
    const vertex = index / coordinates;
    const axis = index % coordinates;
    const own = vertexKeys + <usize>vertex * keyBytes;
    const last = load<u32>(own + keyBytes - 4);
    const first = ((last >> tagShift) & 15) == 0;
    store<u32>(key + keyBytes - 4, last + ((first ? dimensions : -1) << tagShift));
    for (let i: u32 = 0; i < dimensions; i++) {
      const at = (<usize>i) << 1;
      store<u16>(key + at, load<u16>(own + at) - <u16>first + <u16>(i == axis));
    }
    let slot = hashKey(key, words) & slotMask;
    let held = load<u32>(slots + ((<usize>slot) << 2));
    while (held && !sameKey(vertexKeys + <usize>(held - 1) * keyBytes, key, words)) {
      slot = (slot + 1) & slotMask;
      held = load<u32>(slots + ((<usize>slot) << 2));
    }
    if (held) {
      const row = axis * axisLength;
      store<u32>(neighbors + ((<usize>(row + vertex)) << 3), held - 1);
      store<u32>(neighbors + ((<usize>(row + held - 1)) << 3), vertex, 4);
    }
  }
}
