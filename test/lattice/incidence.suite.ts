import { perform } from "../../src/device/work.ts";
import { blockLength, buildIncidence, normalizeIncidence } from "../../src/lattice/incidence.ts";
import { Memory, pack, unpack } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "lists each vertex's points in point order",
    async run(device) {
      for (const [entries, vertices, dimensions] of [
        [2, 1, 1],
        [4095, 1, 2], // one long list
        [4096, 16, 3], // a whole block, one digit of four bits
        [4100, 17, 3], // two blocks, two digits
        [12_000, 300, 5],
        [70_000, 66_000, 1], // five digits
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(entries);
        // Every vertex has an entry, as in a lattice.
        const vertexOf = Uint32Array.from({ length: entries }, (_, entry) =>
          entry < vertices ? (entry * 7919) % vertices : numbers.integer(vertices),
        );
        const weights = numbers.array(entries);
        const order = Array.from(vertexOf.keys()).sort((a, b) => vertexOf[a]! - vertexOf[b]! || a - b);
        const [offsets, pairs] = [memory.result(vertices + 2), memory.result(2 * entries)];
        const blockVertices = memory.result(Math.ceil(entries / blockLength));
        const from = { vertexOfEntry: memory.of(vertexOf), barycentric: memory.of(weights) };
        const into = { offsets, blockVertices, pairs };
        perform(device, buildIncidence(device, from, into, entries, vertices, dimensions));
        const what = `${entries} entries of ${vertices} vertices`;
        const lists = unpack(await memory.words(pairs));
        same(
          lists.words,
          order.map((entry) => Math.floor(entry / (dimensions + 1))),
          what,
        );
        same(
          lists.floats,
          order.map((entry) => weights[entry]!),
          `${what}: weights`,
        );
        const starts = new Array<number>(vertices + 2).fill(entries);
        order.forEach((entry, i) => (starts[vertexOf[entry]!] = Math.min(starts[vertexOf[entry]!]!, i)));
        same(await memory.words(offsets), starts, `${what}: offsets`);
        const everyBlock = order.filter((_, i) => i % blockLength === 0).map((entry) => vertexOf[entry]!);
        same(await memory.words(blockVertices), everyBlock, `${what}: vertices of blocks`);
      }
    },
  },
  {
    name: "multiplies weights by a factor of their point",
    async run(device) {
      for (const entries of [1, 63, 64, 65, 5000]) {
        using memory = new Memory(device);
        const numbers = random(entries);
        const points = Array.from({ length: entries }, () => numbers.integer(100));
        const weights = numbers.array(entries);
        const factors = numbers.array(100);
        const normalized = memory.result(2 * entries);
        normalizeIncidence(device, memory.of(pack(points, weights)), memory.of(factors), normalized);
        const { words, floats } = unpack(await memory.words(normalized));
        same(words, points, `${entries} entries`);
        same(
          floats,
          weights.map((weight, i) => weight * factors[points[i]!]!),
          `${entries} weights`,
        );
      }
    },
  },
];
