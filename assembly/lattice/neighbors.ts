import { scratch } from "../shared/scratch";
import { hashKey, sameKey } from "./hash";

/** Look-ups in a block: see hash.insert.ts. */
const blockLength: u32 = 64;

/**
 * Twin of kernels/lattice/neighbors.wgsl. What turns a vertex's key into its neighbor's is one addition a word, the same
 * for all vertices of remainder 0 and for all others: no half of a word borrows, since coordinates are biased. As in
 * hash.insert.ts, a block's keys and slots are touched before any is compared.
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
  const differences = scratch; // [remainder 0 or not][axis][word]
  const firstSlots = differences + 2 * <usize>coordinates * keyBytes;
  const found = firstSlots + ((<usize>blockLength) << 2);
  const keys = found + ((<usize>blockLength) << 2);
  writeSteps(differences, dimensions, words, tagShift);
  for (let first = begin; first < end; first += blockLength) {
    const count = min(blockLength, end - first);
    let vertex = first / coordinates;
    let axis = first % coordinates;
    for (let i: u32 = 0; i < count; i++) {
      const own = vertexKeys + <usize>vertex * keyBytes;
      const remainder = (load<u32>(own + keyBytes - 4) >> tagShift) & 15;
      const difference = differences + <usize>(axis + (remainder ? coordinates : 0)) * keyBytes;
      const key = keys + <usize>i * keyBytes;
      for (let at: usize = 0; at < keyBytes; at += 4)
        store<u32>(key + at, load<u32>(own + at) + load<u32>(difference + at));
      const slot = hashKey(key, words) & slotMask;
      store<u32>(firstSlots + ((<usize>i) << 2), slot);
      store<u32>(found + ((<usize>i) << 2), load<u32>(slots + ((<usize>slot) << 2)));
      if (++axis == coordinates) {
        axis = 0;
        vertex++;
      }
    }
    let touched: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const held = load<u32>(found + ((<usize>i) << 2));
      touched ^= load<u32>(vertexKeys + <usize>select<u32>(held - 1, 0, held != 0) * keyBytes);
    }
    store<u32>(found, touched); // keeps the loads from being optimized away
    vertex = first / coordinates;
    axis = first % coordinates;
    for (let i: u32 = 0; i < count; i++) {
      const key = keys + <usize>i * keyBytes;
      let slot = load<u32>(firstSlots + ((<usize>i) << 2));
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
      if (++axis == coordinates) {
        axis = 0;
        vertex++;
      }
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
