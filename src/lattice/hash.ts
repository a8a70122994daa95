import { hashFind, hashFollow, hashInsert, hashLookUp, hashMark, hashMove, hashNumber } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { Workspace } from "../device/workspace.ts";
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

/** What is known of the entries of a table. */
export interface Entries {
  readonly keys: Storage;
  readonly entrySlots: Storage;
  readonly numbers: Storage;
  readonly status: Storage;
  readonly entries: number;
  readonly dimensions: number;
}

/**
 * Inserts the keys of all entries into an empty table and counts the vertices, for `insertedOf`. If the table turns out to be
 * full, `growTable` makes a larger one. `status` also holds what `embed` found.
 */
export function* insertKeys(device: Device, { slots, capacity }: HashTable, entries: Entries): Work {
  device.clear(slots);
  yield* insertRest(device, { slots, capacity }, entries, 0);
}

function* insertRest(
  device: Device,
  { slots, capacity }: HashTable,
  { keys, entrySlots, numbers, status, entries, dimensions }: Entries,
  rest: number,
): Work {
  yield planned(hashInsert, { keys, slots, entrySlots, status, entries, slotMask: capacity - 1, rest, dimensions });
  device.clear(numbers);
  yield planned(hashMark, { slots, flags: numbers, capacity });
  yield* scan(device, numbers, entries + 1);
  // The sum of all flags is copied into status, so that one read returns everything.
  device.copy(view(numbers, entries * 4, 4), view(status, 12, 4));
}

/**
 * Moves what is in a table that is full into a larger and empty one, and inserts the rest. The old slots are not a table any
 * more then.
 */
export function* growTable(device: Device, full: HashTable, { slots, capacity }: HashTable, entries: Entries): Work {
  const { keys, entrySlots, status, dimensions } = entries;
  device.clear(slots);
  device.clear(status);
  yield planned(hashMove, { keys, newSlots: slots, slotMask: capacity - 1, dimensions, ...full });
  yield planned(hashFollow, { slots: full.slots, entrySlots, entries: entries.entries });
  yield* insertRest(device, { slots, capacity }, entries, 1);
}

/** Makes larger tables, as long as the one that there is turns out to be too small. `status` is what was read after `insertKeys`. */
export async function growAsNeeded(
  device: Device,
  workspace: Workspace,
  table: HashTable,
  entries: Entries,
  status: Uint32Array,
  perform: (work: Work) => Promise<void>,
): Promise<{ readonly table: HashTable; readonly vertices: number }> {
  const { vertices, full } = insertedOf(status, table.capacity);
  if (!full) return { table, vertices };
  const capacity = nextCapacity(entries.entries, table.capacity);
  const larger = { slots: workspace.allocate(capacity * 4), capacity };
  await perform(growTable(device, table, larger, entries));
  workspace.release(table.slots);
  const read = new Uint32Array(await device.read(entries.status));
  return await growAsNeeded(device, workspace, larger, entries, read, perform);
}

/** The number of slots of a table that takes the place of a full one: twice as many as there are entries suffice for good. */
export const nextCapacity = (entries: number, capacity: number): number =>
  2 ** Math.ceil(Math.log2(2 * Math.max(entries, capacity)));

/** The outcome of `insertKeys`. */
export interface Inserted {
  readonly vertices: number;
  /** Whether a larger table is needed. */
  readonly full: boolean;
}

/** The outcome of `insertKeys`, and what `embed` found before, from the words of the status. */
export function insertedOf(status: Uint32Array, capacity: number): Inserted {
  const vertices = status[3]!;
  return { vertices, full: status[2] !== 0 || vertices > highestLoad * capacity };
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
 * photographs (measured: 0.1 to 0.8 vertices a point), or one for four points in two dimensions, where they are positions
 * (measured at a bandwidth of 3 pixels: 0.13).
 */
export const firstCapacity = (points: number, dimensions: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(dimensions > 2 ? 2 * points : points / 2, 256)));
