import { hashFind, hashInsert, hashLookUp, hashMark, hashNumber } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { scan } from "../shared/scan.ts";
import { keyWords } from "./embed.ts";

/** The table that finds a vertex by its key. */
export interface HashTable {
  readonly slots: Storage;
  /** The number of slots, a power of two. */
  readonly capacity: number;
}

/**
 * The largest share of the slots that may be in use. At least one slot must stay empty, or a search for an absent key
 * never ends. At ⅞ such a search looks at 32 slots on average (Knuth, The Art of Computer Programming 3, 6.4: ½(1 +
 * 1/(1 − load)²)).
 */
const highestLoad = 7 / 8;

/**
 * Inserts the keys of all entries and counts the vertices, for `insertedOf`. If the table turns out to be full,
 * insert into a larger one. `status` also holds what `embed` found.
 */
export function* insertKeys(
  device: Device,
  { keys, status, slots, capacity }: HashTable & { keys: Storage; status: Storage },
  { entrySlots, numbers }: { entrySlots: Storage; numbers: Storage },
  entries: number,
  dimensions: number,
): Work {
  device.clear(slots);
  yield planned(hashInsert, { keys, slots, entrySlots, status, entries, slotMask: capacity - 1, dimensions });
  device.clear(numbers);
  yield planned(hashMark, { slots, flags: numbers, capacity });
  yield* scan(device, numbers, entries + 1);
  // The sum of all flags is copied behind the three words of status, so that one read returns everything.
  device.copy(
    { ...numbers, offset: numbers.offset + entries * 4, bytes: 4 },
    { ...status, offset: status.offset + 12, bytes: 4 },
  );
}

/** The outcome of `insertKeys`. */
export interface Inserted {
  readonly vertices: number;
  /** Whether a larger table is needed. */
  readonly full: boolean;
  readonly status: Uint32Array;
}

/** The outcome of `insertKeys`, and what `embed` found before, from the words of the status. */
export function insertedOf(status: Uint32Array, capacity: number): Inserted {
  const vertices = status[3]!;
  return { vertices, full: status[2] !== 0 || vertices > highestLoad * capacity, status };
}

/**
 * Numbers the vertices in the order in which points first touch them. The slots hold vertex numbers instead of entries
 * afterwards, and `vertexKeys` the keys.
 */
export function* numberVertices(
  { slots, capacity }: HashTable,
  { keys, numbers, vertexKeys }: { keys: Storage; numbers: Storage; vertexKeys: Storage },
  dimensions: number,
): Work {
  yield planned(hashNumber, { numbers, keys, slots, vertexKeys, capacity, dimensions });
}

/**
 * Finds the vertex of each of `entries` from `firstEntry` on and writes it twice: by itself, and beside the entry's
 * barycentric weight.
 */
export function* findVertices(
  { slots }: HashTable,
  { entrySlots, barycentric }: { entrySlots: Storage; barycentric: Storage },
  { vertexOfEntry, simplices }: { vertexOfEntry: Storage; simplices: Storage },
  entries: number,
  firstEntry = 0,
): Work {
  yield planned(hashFind, { slots, entrySlots, barycentric, vertexOfEntry, simplices, entries, firstEntry });
}

/** Does the same by the keys of entries, which have not been inserted now, but are all in the table, whose keys `vertexKeys` are. */
export function* lookUpVertices(
  { slots, capacity }: HashTable,
  { vertexKeys, keys, barycentric }: { vertexKeys: Storage; keys: Storage; barycentric: Storage },
  { vertexOfEntry, simplices }: { vertexOfEntry: Storage; simplices: Storage },
  entries: number,
  dimensions: number,
): Work {
  const tables = { slots, vertexKeys, keys, barycentric, vertexOfEntry, simplices };
  yield planned(hashLookUp, { ...tables, entries, slotMask: capacity - 1, dimensions });
}

/** Bytes of a table's keys. */
export const keyBytes = (count: number, dimensions: number): number => count * keyWords(dimensions) * 4;

/**
 * Number of slots for `points`. The load stays below ½ if there is at most one vertex for each point, which holds for
 * photographs (measured: 0.1 to 0.8 vertices a point).
 */
export const firstCapacity = (points: number): number => 2 ** Math.ceil(Math.log2(Math.max(2 * points, 256)));
