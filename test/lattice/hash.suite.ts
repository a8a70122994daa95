import { perform } from "../../src/device/work.ts";
import { hashInsert } from "../../build/kernels.ts";
import { keyWords } from "../../src/lattice/embed.ts";
import {
  findVertices,
  firstCapacity,
  growTable,
  insertKeys,
  insertedOf,
  nextCapacity,
  lookUpVertices,
  numberVertices,
} from "../../src/lattice/hash.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import type { Device } from "../../src/device/device.ts";
import { Memory, unpack } from "../memory.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random, same } from "../suite.ts";
import { readWords } from "./tables.ts";

/** Inserts keys of d = 1 (a word each) into a table of `capacity` and numbers the vertices. */
async function insert(device: Device, keys: Uint32Array, capacity: number) {
  using memory = new Memory(device);
  const entries = keys.length;
  const stored = memory.of(keys);
  const table = { slots: memory.zeros(capacity), capacity };
  const [entrySlots, numbers, status] = [memory.zeros(entries), memory.zeros(entries + 1), memory.zeros(4)];
  perform(device, insertKeys(device, table, { keys: stored, entrySlots, numbers, status, entries, dimensions: 1 }));
  const found = insertedOf(new Uint32Array(await device.read(status)), table.capacity);
  if (found.full) return { full: true, vertices: 0 } as const;
  const barycentric = memory.of(Float32Array.from(keys, (_, entry) => entry / 8));
  const [vertexOfEntry, simplices, vertexKeys] = [entries, 2 * entries, found.vertices].map((n) => memory.result(n));
  perform(device, numberVertices(table, { keys: stored, numbers, vertexKeys: vertexKeys! }, 1));
  const tables = { vertexOfEntry: vertexOfEntry!, simplices: simplices! };
  perform(device, findVertices(table, { entrySlots, barycentric }, tables, entries));
  const again = { vertexOfEntry: memory.result(entries), simplices: memory.result(2 * entries) };
  const from = { vertexKeys: vertexKeys!, keys: stored, barycentric };
  perform(device, lookUpVertices(table, from, again, entries, 1));
  same(await memory.words(again.vertexOfEntry), await memory.words(tables.vertexOfEntry), "looked up");
  same(await memory.words(again.simplices), await memory.words(tables.simplices), "simplices looked up");
  return {
    full: false,
    vertices: found.vertices,
    vertexOf: await memory.words(vertexOfEntry!),
    simplices: unpack(await memory.words(simplices!)),
    vertexKeys: await memory.words(vertexKeys!),
  } as const;
}

/** Vertices numbered by first touch. */
function number(keys: Uint32Array): { vertexOf: number[]; vertexKeys: number[] } {
  const numbers = new Map<number, number>();
  const vertexOf = Array.from(keys, (key) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key)!;
  });
  return { vertexOf, vertexKeys: [...numbers.keys()] };
}

/** Points so far apart that no two share a vertex. */
const apart = (points: number, dimensions: number): Float32Array =>
  Float32Array.from({ length: points * dimensions }, (_, i) =>
    i % dimensions === 0 ? Math.floor(i / dimensions) * 20 + 0.3 : 0.1 * (1 + (i % dimensions)),
  );

export const cases: Case[] = [
  {
    name: "numbers vertices in the order in which entries touch them",
    async run(device) {
      for (const [entries, different] of [
        [1, 1],
        [64, 1],
        [63, 63],
        [65, 40],
        [20_000, 700],
        [20_000, 1],
        [9000, 9000],
      ] as const) {
        const numbers = random(entries + different);
        const keys = Uint32Array.from({ length: entries }, () => Math.imul(numbers.integer(different), 0x10003));
        const what = `${entries} entries of ${different} keys`;
        const found = await insert(device, keys, 16_384);
        check(!found.full, what);
        const expected = number(keys);
        check(found.vertices === expected.vertexKeys.length, `${what}: ${found.vertices} vertices`);
        same(found.vertexOf, expected.vertexOf, what);
        same(found.vertexKeys, expected.vertexKeys, `${what}: keys`);
        same(found.simplices.words, expected.vertexOf, `${what}: simplices`);
        same(
          found.simplices.floats,
          Float32Array.from(keys, (_, entry) => entry / 8),
          `${what}: weights`,
        );
      }
    },
  },
  {
    name: "the entry that stays in a slot is the smallest of its key, even if a larger one came first",
    async run(device) {
      using memory = new Memory(device);
      const [entries, capacity] = [3000, 1024];
      const numbers = random(5);
      const keys = Uint32Array.from({ length: entries }, () => Math.imul(numbers.integer(500), 0x10003));
      const [stored, status, entrySlots] = [memory.of(keys), memory.zeros(4), memory.zeros(entries)];
      const insertInto = async (slots: Uint32Array) => {
        const table = memory.of(slots);
        const sizes = { entries, slotMask: capacity - 1, rest: 0, dimensions: 1 };
        const args = { keys: stored, slots: table, entrySlots, status, ...sizes };
        device.run(hashInsert, args);
        return { slots: await readWords(device, table), places: await readWords(device, entrySlots) };
      };
      const { slots, places } = await insertInto(new Uint32Array(capacity));
      const largest = new Uint32Array(capacity);
      places.forEach((slot, entry) => (largest[slot] = entry + 1));
      check(
        largest.some((held, slot) => held !== slots[slot]),
        "every key comes once",
      );
      same((await insertInto(largest)).slots, slots, "as if the last entries had come first");
      const first = slots.map((held) => (held === 0 ? 0 : keys.indexOf(keys[held - 1]!) + 1));
      same(slots, first, "the smallest");
    },
  },
  {
    name: "a table that fills up is found out",
    async run(device) {
      for (const [keys, capacity] of [
        [1000, 256],
        [257, 256],
        // No slot would be left to end the search for a key that is absent.
        [256, 256],
        // One more than seven of eight slots.
        [225, 256],
      ] as const) {
        const found = await insert(
          device,
          Uint32Array.from({ length: keys }, (_, i) => i),
          capacity,
        );
        check(found.full, `${keys} keys in ${capacity} slots`);
      }
      const most = Uint32Array.from({ length: 224 }, (_, i) => i);
      check(!(await insert(device, most, 256)).full, "seven of eight slots");
    },
  },
  {
    name: "a table that grows keeps what it has, and has the same vertices as one that was large from the start",
    async run(device) {
      for (const [entries, different, dimensions] of [
        [3000, 2000, 1],
        [40_000, 30_000, 5],
      ] as const) {
        using memory = new Memory(device);
        const size = keyWords(dimensions);
        const numbers = random(entries);
        const values = Array.from({ length: entries }, () => numbers.integer(different));
        const words = values.flatMap((value) =>
          Array.from({ length: size }, (_, k) => Math.imul(value + k, 0x9e3779b1)),
        );
        const tables = { keys: memory.of(Uint32Array.from(words)), entrySlots: memory.zeros(entries) };
        const status = memory.zeros(4);
        const all = { ...tables, numbers: memory.zeros(entries + 1), status, entries, dimensions };
        let table = { slots: memory.zeros(1024), capacity: 1024 };
        const rests: unknown[] = [];
        using _watch = device.observe({
          before: ({ kernel, args }) => void (kernel === hashInsert && rests.push(args.rest)),
        });
        perform(device, insertKeys(device, table, all));
        let found = insertedOf(await readWords(device, status), 1024);
        check(found.full, "full");
        const missing = (await readWords(device, tables.entrySlots)).filter((slot) => slot === 0xffffffff).length;
        check(missing > 0 && missing < entries, `${missing} entries without a slot`);
        const capacity = nextCapacity(entries, 1024);
        const larger = { slots: memory.zeros(capacity), capacity };
        perform(device, growTable(device, table, larger, all));
        check(rests.join() === "0,1", "entries that have a slot are not inserted again");
        table = larger;
        found = insertedOf(await readWords(device, status), capacity);
        check(!found.full, "full again");
        const slots = await readWords(device, table.slots);
        const places = await readWords(device, tables.entrySlots);
        const first = new Map<number, number>();
        values.forEach((value, entry) => first.has(value) || first.set(value, entry));
        check(found.vertices === first.size, `${found.vertices} vertices, not ${first.size}`);
        same(
          Array.from(places, (slot) => slots[slot]! - 1),
          values.map((value) => first.get(value)!),
          "the smallest entry of each entry's key",
        );
        check(slots.filter((held) => held !== 0).length === first.size, "one slot a key");
      }
    },
  },
  {
    name: "a lattice of more vertices than its first table holds is built in a larger one",
    async run(device) {
      // 128·2 and 64·4 vertices are as many as the first table of 256 has slots.
      for (const [points, dimensions] of [
        [128, 1],
        [64, 3],
        [1500, 5],
        [300, 15],
      ] as const) {
        using features = device.tensor([points, dimensions], apart(points, dimensions));
        using lattice = await buildLattice(features);
        const expected = points * (dimensions + 1);
        check(lattice.vertices === expected, `expected ${expected} vertices, got ${lattice.vertices}`);
      }
    },
  },
  {
    name: "images of a batch share no vertex",
    async run(device) {
      const one = clearPoints(random(1), 200, 5);
      using single = device.tensor([200, 5], one);
      using batch = device.tensor([3, 200, 5], [...one, ...one, ...one]);
      using lattice = await buildLattice(single);
      using three = await buildLattice(batch);
      check(three.vertices === 3 * lattice.vertices, `${three.vertices} and ${lattice.vertices} vertices`);
    },
  },
  {
    name: "the first table has a power of two of slots, twice as many as points, or half as many in a plane, but not fewer than 256",
    async run() {
      for (const [points, slots] of [
        [1, 256],
        [127, 256],
        [128, 256],
        [129, 512],
        [256, 512],
        [257, 1024],
        [1000, 2048],
        [1400, 4096],
      ] as const) {
        const [space, plane] = [firstCapacity(points, 3), firstCapacity(points, 2)];
        check(space === slots, `${space} slots for ${points} points`);
        check(plane === Math.max(256, slots / 4), `${plane} slots for ${points} points of a plane`);
      }
    },
  },
];
