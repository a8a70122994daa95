import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

/**
 * Twin of kernels/lattice/neighbors.wgsl, for the rare lattices whose keys are not packed (neighbors.merge.ts). What turns a
 * vertex's key into its neighbor's is one addition a word, the same for all vertices of remainder 0 and for all others: no
 * half of a word borrows, since coordinates are biased.
 */
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
  const differences = scratch + 64; // [remainder 0 or not][axis][word]
  writeSteps(differences, dimensions, words, tagShift);
  for (let index = begin; index < end; index++) {
    const vertex = index / coordinates;
    const axis = index % coordinates;
    const own = vertexKeys + <usize>vertex * keyBytes;
    const remainder = (load<u32>(own + keyBytes - 4) >> tagShift) & 15;
    const difference = differences + <usize>(axis + (remainder ? coordinates : 0)) * keyBytes;
    for (let at: usize = 0; at < keyBytes; at += 4)
      store<u32>(key + at, load<u32>(own + at) + load<u32>(difference + at));
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

function writeSteps(differences: usize, dimensions: u32, words: u32, tagShift: u32): void {
  const coordinates = dimensions + 1;
  for (let row: u32 = 0; row < 2 * coordinates; row++) {
    const axis = row % coordinates;
    const at = differences + ((<usize>(row * words)) << 2);
    memory.fill(at, 0, (<usize>words) << 2);
    const last = at + ((<usize>(words - 1)) << 2);
    if (row < coordinates) {
      for (let i: u32 = 0; i < dimensions; i++) add(at, i, -1);
      store<u32>(last, load<u32>(last) + (dimensions << tagShift));
    } else store<u32>(last, load<u32>(last) - (1 << tagShift));
    if (axis < dimensions) add(at, axis, 1);
  }
}

function add(key: usize, coordinate: u32, amount: u32): void {
  const at = key + ((<usize>(coordinate >> 1)) << 2);
  store<u32>(at, load<u32>(at) + (amount << ((coordinate & 1) << 4)));
}
