import { orderDigit, orderPack, orderPermute, orderRanges, orderSlots } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { Workspace } from "../device/workspace.ts";
import { mostDigitBits, sort } from "../shared/sort.ts";
import type { HashTable } from "./hash.ts";

/**
 * Which devices renumber the vertices from first touch to the order of their keys, as numbers whose highest digits are the
 * image and the coordinates, and whose lowest is the remainder (as the highest it made a spatial filter take 2.3 times as long). A neighbor's key is the vertex's own key plus a constant. In this order a blur therefore reads the
 * rows of both neighbors from front to back, as it reads its own, and the processor can prefetch them (measured on one core
 * with 142 k vertices of 21 channels: all axes take 15 ms instead of 34 ms, splat 15 ms either way, slice 12 ms instead of
 * 6 ms), and neighbors are found without the table. GPUs hide latency in other ways, so they skip the sort.
 */
const renumbers = { wasm: true, webgpu: false };

/** How the fields of keys, the coordinates w_i, the remainder and the image, become numbers of 64 bits. */
export interface Packing {
  /** [d + 2, 2]: what is added to each field, and the bit from which on it stands; 64 where there was no room for it. */
  readonly fields: Uint32Array<ArrayBuffer>;
  /** [remainder 0 or not, d + 1, 2]: what leads from a vertex to its first neighbor on an axis, in 64 bits. */
  readonly steps: Uint32Array<ArrayBuffer>;
  /** How many bits there are. */
  readonly bits: number;
  /** Whether every field has room, so that different keys are different numbers. */
  readonly whole: boolean;
}

/** The number of bits in which a number can be written. */
const bitLength = (number: number): number => 32 - Math.clz32(number);

/** Packs keys whose coordinates have these ranges, as order.ranges.wgsl gives them. The highest fields have room first. */
export function packingOf(ranges: Uint32Array, dimensions: number, images: number): Packing {
  const least = (i: number): number => 0xffff - ranges[2 * i]!;
  // A step may lead one beyond the range of a coordinate, on either side.
  const lengths = Array.from({ length: dimensions }, (_, i) => bitLength(ranges[2 * i + 1]! - least(i) + 2));
  lengths.push(4, bitLength(images - 1));
  // From the highest bits to the lowest. With the remainder lowest, vertices that share points are numbered near each other.
  const fieldsFromTop = [dimensions + 1, ...Array.from({ length: dimensions }, (_, i) => i), dimensions];
  const kept: number[] = [];
  let bits = 0;
  for (const field of fieldsFromTop) {
    if (bits + lengths[field]! > 64) break;
    bits += lengths[field]!;
    kept.push(field);
  }
  const shifts = lengths.map(() => 64);
  let below = bits;
  for (const field of kept) shifts[field] = below -= lengths[field]!;
  const fields = Uint32Array.from(shifts.flatMap((shift, i) => [i < dimensions ? 1 - least(i) : 0, shift]));
  const one = (i: number): bigint => (i < dimensions ? 1n << BigInt(shifts[i]!) : 0n);
  const ones = lengths.reduce((sum, _, i) => sum + one(i), 0n);
  const axes = Array.from({ length: dimensions + 1 }, (_, axis) => one(axis));
  // Steps are taken where every field has room; then the remainder is the lowest.
  const steps = [...axes.map((step) => step - ones + BigInt(dimensions)), ...axes.map((step) => step - 1n)];
  return {
    fields,
    steps: new Uint32Array(BigUint64Array.from(steps).buffer),
    bits,
    whole: kept.length === lengths.length,
  };
}

/** The vertices' keys in the order of their numbers. */
export interface OrderedKeys {
  readonly vertexKeys: Storage;
  /** How they are packed, if they are; their order is that of the packed keys then. */
  readonly packing?: Packing;
  /** The keys as they were embedded, in the same order, where somebody keeps them. */
  readonly embedded?: Storage;
}

/** How many vertices there are, of how many dimensions and images. */
export interface Extent {
  readonly vertices: number;
  readonly dimensions: number;
  readonly images: number;
  /** Whether the keys as they were embedded are wanted, too, to look up entries by them. Default: false. */
  readonly keep?: boolean;
}

/**
 * Renumbers the vertices for locality, where the device profits, and gives their keys in the final order. `vertexKeys` are
 * freed where others take their place.
 */
export async function orderVertices(
  device: Device,
  workspace: Workspace,
  { vertexKeys, slots, capacity }: HashTable & { readonly vertexKeys: Storage },
  extent: Extent,
  perform: <Result>(work: Work<Result>) => Promise<Result>,
): Promise<OrderedKeys> {
  if (!renumbers[device.kind]) return { vertexKeys, embedded: vertexKeys };
  const { dimensions, images } = extent;
  const ranges = workspace.zeros(dimensions * 8);
  await perform(findRanges(vertexKeys, ranges, extent));
  const packing = packingOf(new Uint32Array(await device.read(ranges)), dimensions, images);
  workspace.release(ranges);
  const sorted = sortKeys(device, workspace, { vertexKeys, slots, capacity }, packing, extent);
  return { ...(await perform(sorted)), ...(packing.whole && { packing }) };
}

/** Sorts packed keys, which are in order, by remainder, and by themselves within each. @returns the keys, and the vertices that they are of */
export function* sortByRemainder(
  device: Device,
  workspace: Workspace,
  packedKeys: Storage,
  vertices: number,
): Work<{ readonly packedKeys: Storage; readonly order: Storage }> {
  const digits = workspace.allocate(vertices * 4);
  const digitMask = 15;
  yield planned(orderDigit, { packedKeys, order: packedKeys, digits, vertices, shift: 0, digitMask, identity: 1 });
  const { keys, order } = yield* sort(device, workspace, { keys: digits }, vertices, digitMask + 1);
  for (const done of [keys, digits]) workspace.release(done);
  const sortedKeys = workspace.allocate(vertices * 8);
  const vertexNumbers = workspace.allocate(vertices * 4);
  // They are moved as keys of two words are, those of two dimensions.
  yield planned(orderPermute, { order, vertexKeys: packedKeys, sortedKeys, vertexNumbers, vertices, dimensions: 2 });
  workspace.release(vertexNumbers);
  return { packedKeys: sortedKeys, order };
}

/** Puts packed keys of so many bits in order, and frees them. @returns them, and the new number of each vertex */
export function* orderPacked(
  device: Device,
  workspace: Workspace,
  packedKeys: Storage,
  bits: number,
  vertices: number,
): Work<{ readonly vertexKeys: Storage; readonly numbers: Storage }> {
  const order = yield* sortPacked(device, workspace, packedKeys, bits, vertices);
  const sortedKeys = workspace.allocate(vertices * 8);
  const vertexNumbers = workspace.allocate(vertices * 4);
  // They are moved as keys of two words are, those of two dimensions.
  yield planned(orderPermute, { order, vertexKeys: packedKeys, sortedKeys, vertexNumbers, vertices, dimensions: 2 });
  for (const done of [order, packedKeys]) workspace.release(done);
  return { vertexKeys: sortedKeys, numbers: vertexNumbers };
}

/** The order of packed keys of so many bits, by stable sorts from the lowest digit to the highest. */
function* sortPacked(
  device: Device,
  workspace: Workspace,
  packedKeys: Storage,
  bits: number,
  vertices: number,
): Work<Storage> {
  const digits = workspace.allocate(vertices * 4);
  const each = Math.ceil(bits / Math.ceil(bits / mostDigitBits));
  let order: Storage | undefined;
  for (let shift = 0; shift < bits; shift += each) {
    yield planned(orderDigit, {
      packedKeys,
      order: order ?? packedKeys,
      digits,
      vertices,
      shift,
      digitMask: 2 ** each - 1,
      identity: order ? 0 : 1,
    });
    const sorted = yield* sort(device, workspace, { keys: digits, order }, vertices, 2 ** each);
    workspace.release(sorted.keys);
    if (order) workspace.release(order);
    order = sorted.order;
  }
  workspace.release(digits);
  return order!;
}

/** Finds how far coordinates reach. */
function* findRanges(vertexKeys: Storage, ranges: Storage, { vertices, dimensions }: Extent): Work {
  yield planned(orderRanges, { vertexKeys, ranges, vertices, dimensions });
}

/**
 * Sorts the keys as packed, by stable sorts from the lowest digit to the highest, and gives the slots the new numbers of their
 * vertices. @returns the packed keys in order, or the keys themselves where not all of their fields were packed; and those beside the
 * packed ones, where somebody keeps them
 */
function* sortKeys(
  device: Device,
  workspace: Workspace,
  { vertexKeys, slots, capacity }: HashTable & { readonly vertexKeys: Storage },
  { fields: layout, bits, whole }: Packing,
  { vertices, dimensions, keep = false }: Extent,
): Work<Pick<OrderedKeys, "vertexKeys" | "embedded">> {
  const packedKeys = workspace.allocate(vertices * 8);
  const fields = workspace.store(layout);
  yield planned(orderPack, { vertexKeys, fields, packedKeys, vertices, dimensions });
  const order = yield* sortPacked(device, workspace, packedKeys, bits, vertices);
  const both = whole && keep;
  for (const done of [fields, ...(both ? [] : [whole ? vertexKeys : packedKeys])]) workspace.release(done);
  // Packed keys are moved as keys of two words are, those of two dimensions.
  const unsorted = whole ? { vertexKeys: packedKeys, dimensions: 2 } : { vertexKeys, dimensions };
  const sortedKeys = workspace.allocate(unsorted.vertexKeys.bytes);
  const vertexNumbers = workspace.allocate(vertices * 4);
  yield planned(orderPermute, { order, sortedKeys, vertexNumbers, vertices, ...unsorted });
  yield planned(orderSlots, { vertexNumbers, slots, capacity });
  const embedded = both ? workspace.allocate(vertexKeys.bytes) : sortedKeys;
  if (both) {
    const moved = { order, sortedKeys: embedded, vertexNumbers, vertices, vertexKeys, dimensions };
    yield planned(orderPermute, moved);
    workspace.release(vertexKeys);
  }
  for (const done of [order, vertexNumbers, unsorted.vertexKeys]) workspace.release(done);
  return { vertexKeys: sortedKeys, ...((both || !whole) && { embedded }) };
}
