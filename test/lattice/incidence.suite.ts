import { fill } from "../../build/kernels.ts";
import { perform } from "../../src/device/work.ts";
import { blockLength, buildIncidence, incidenceOfSimplices, normalizeIncidence } from "../../src/lattice/incidence.ts";
import { checkMemory, Memory, memoryOf, pack, unpack } from "../memory.ts";
import { withProperty } from "../nn/convolutions.ts";
import { type Case, check, close, random, same } from "../suite.ts";

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
        const simplices = memory.of(pack(vertexOf, weights));
        const from = { simplices, vertexOfEntry: memory.of(vertexOf), barycentric: memory.of(weights) };
        const into = { offsets, blockVertices, pairs };
        let fills = 0;
        using _watch = device.observe({
          before: ({ kernel, args }) => void (fills += Number(kernel === fill && args.values === offsets)),
        });
        perform(device, buildIncidence(device, from, into, entries, vertices, dimensions, false));
        check(fills === 0, `offsets were filled ${fills} times, though every vertex has an entry`);
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
    name: "vertices without points get empty lists; each device sorts in its own way, and WASM in a block a thread",
    async run(device) {
      const [entries, vertices, dimensions] = [12_000, 300, 4];
      const numbers = random(1);
      const vertexOf = Uint32Array.from({ length: entries }, () => 2 * numbers.integer(vertices / 2 - 3) + 2);
      const weights = numbers.array(entries);
      const offsets = Array.from({ length: vertices + 2 }, (_, i) => vertexOf.filter((vertex) => vertex < i).length);
      using memory = new Memory(device);
      for (const threads of [device.info.threads, 3]) {
        const lists = [memory.result(vertices + 2), memory.result(2 * entries)] as const;
        const into = { offsets: lists[0], pairs: lists[1], blockVertices: memory.result(Math.ceil(entries / 64)) };
        const simplices = memory.of(pack(vertexOf, weights));
        await withProperty(device, "info", { ...device.info, threads }, async () => {
          const used = await memoryOf(device, "", () =>
            perform(device, incidenceOfSimplices(device, simplices, into, vertices, dimensions)),
          );
          const taken = used.map(({ kernel }) => kernel).filter((kernel) => !kernel.startsWith("shared/s"));
          const blocks = Math.ceil(entries / Math.max(4096, Math.ceil(entries / threads)));
          // A block that has all pairs to itself fills them itself.
          const filled = blocks > 1 ? [""] : [];
          const own =
            device.kind === "wasm" ? ["", "count", "totals", "offsets", ...filled, "scatter"] : ["entries", "", "fill"];
          const expected = own.map((name) => (name ? `lattice/incidence.${name}` : "shared/fill"));
          check(taken.join() === expected.join(), taken.join());
          const tables = device.kind === "wasm" ? [4 * vertices * blocks] : [4 * entries, 4 * entries];
          checkMemory(device, used.slice(0, 1), [[taken[0]!, tables]], taken[0]!);
        });
        same(await memory.words(into.offsets), offsets, "offsets");
        const sums = unpack(await memory.words(into.pairs)).floats.reduce((sum, weight) => sum + weight, 0);
        close([sums], [weights.reduce((sum, weight) => sum + weight, 0)], { relative: 1e-5 }, "weights");
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
