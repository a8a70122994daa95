import { scratch } from "../shared/scratch";
import { hashEnd, hashKey, hashWord, sameKey } from "./hash";

/**
 * Twin of kernels/lattice/neighbors.wgsl. What turns a vertex's key into its neighbor's is one addition a word, the same
 * for all vertices of remainder 0 and for all others: no half of a word borrows, since coordinates are biased.
 */
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
  const keyBytes = <usize>words << 2;
  const tagShift = (dimensions & 1) << 4;
  const key = scratch;
  const steps = key + keyBytes; // [remainder 0 or not][axis][word]
  writeSteps(steps, dimensions, words, tagShift);
  let vertex = begin / coordinates;
  let axis = begin % coordinates;
  for (let index = begin; index < end; index++) {
    const own = vertexKeys + <usize>vertex * keyBytes;
    const remainder = (load<u32>(own + keyBytes - 4) >> tagShift) & 15;
    const step = steps + <usize>(axis + (remainder ? coordinates : 0)) * keyBytes;
    const other =
      words == 3
        ? find3(slots, vertexKeys, mask, own, step)
        : find(slots, vertexKeys, mask, own, step, key, words);
    if (other) {
      const row = axis * axisLength;
      store<u32>(neighbors + (<usize>(row + vertex) << 3), other - 1);
      store<u32>(neighbors + (<usize>(row + other - 1) << 3), vertex, 4);
    }
    if (++axis == coordinates) {
      axis = 0;
      vertex++;
    }
  }
}

function writeSteps(steps: usize, dimensions: u32, words: u32, tagShift: u32): void {
  const coordinates = dimensions + 1;
  for (let row: u32 = 0; row < 2 * coordinates; row++) {
    const axis = row % coordinates;
    const at = steps + (<usize>(row * words) << 2);
    memory.fill(at, 0, <usize>words << 2);
    const last = at + (<usize>(words - 1) << 2);
    if (row < coordinates) {
      for (let i: u32 = 0; i < dimensions; i++) add(at, i, -1);
      store<u32>(last, load<u32>(last) + (dimensions << tagShift));
    } else store<u32>(last, load<u32>(last) - (1 << tagShift));
    if (axis < dimensions) add(at, axis, 1);
  }
}

function add(key: usize, coordinate: u32, amount: u32): void {
  const at = key + (<usize>(coordinate >> 1) << 2);
  store<u32>(at, load<u32>(at) + (amount << ((coordinate & 1) << 4)));
}

/** 1 + the vertex of key own + step, 0 for none; d = 4 and 5, all in registers. */
// @ts-ignore: decorator
@inline
function find3(slots: usize, vertexKeys: usize, mask: u32, own: usize, step: usize): u32 {
  const a = load<u32>(own) + load<u32>(step);
  const b = load<u32>(own, 4) + load<u32>(step, 4);
  const c = load<u32>(own, 8) + load<u32>(step, 8);
  let slot = hashEnd(hashWord(hashWord(hashWord(0, a), b), c)) & mask;
  let held = load<u32>(slots + (<usize>slot << 2));
  while (held) {
    const other = vertexKeys + <usize>(held - 1) * 12;
    if (load<u32>(other) == a && load<u32>(other, 4) == b && load<u32>(other, 8) == c) break;
    slot = (slot + 1) & mask;
    held = load<u32>(slots + (<usize>slot << 2));
  }
  return held;
}

function find(slots: usize, vertexKeys: usize, mask: u32, own: usize, step: usize, key: usize, words: u32): u32 {
  for (let at: usize = 0; at < <usize>words << 2; at += 4) store<u32>(key + at, load<u32>(own + at) + load<u32>(step + at));
  let slot = hashKey(key, words) & mask;
  let held = load<u32>(slots + (<usize>slot << 2));
  while (held && !sameKey(vertexKeys + <usize>((held - 1) * words << 2), key, words)) {
    slot = (slot + 1) & mask;
    held = load<u32>(slots + (<usize>slot << 2));
  }
  return held;
}
