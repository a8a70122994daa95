import { perform } from "../../src/device/work.ts";
import { blur as kernel, blurChains } from "../../build/kernels.ts";
import { blur } from "../../src/lattice/blur.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { Memory } from "../memory.ts";
import { blurAxis, referenceLattice } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, close, random, same } from "../suite.ts";
import { neighborsIn, randomChains, wordsOf } from "./randomChains.ts";
import { readTables } from "./tables.ts";

export const cases: Case[] = [
  {
    name: "adds half of both neighbors, for any number of vertices and quads",
    async run(device) {
      for (const [vertices, quads] of [
        [1, 1],
        [62, 1],
        [63, 1],
        [64, 1],
        [12, 5],
        [100, 6],
        [100, 7],
        [100, 17],
        [5000, 2],
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(vertices + quads);
        const width = quads * 4;
        const pairs = Uint32Array.from({ length: 2 * vertices + 2 }, (_, i) =>
          i < 2 * vertices ? numbers.integer(vertices + 1) : vertices,
        );
        const values = numbers.array((vertices + 1) * width, -1, 1).fill(0, vertices * width);
        const result = memory.result((vertices + 1) * width);
        const [neighbors, from] = [memory.of(pairs), memory.of(values)];
        device.run(kernel, { neighbors, values: from, result, vertices, quads });
        const expected = Float64Array.from(values, (value, i) => {
          const [vertex, c] = [Math.floor(i / width), i % width];
          return value + (values[pairs[2 * vertex]! * width + c]! + values[pairs[2 * vertex + 1]! * width + c]!) / 2;
        });
        // Two roundings of sums below 2.
        close(await memory.floats(result), expected, { absolute: 2 ** -22 }, `${vertices} vertices of ${quads} quads`);
      }
    },
  },
  {
    name: "goes along chains of neighbors in place, to the same bits",
    async run(device) {
      for (const [vertices, longest, quads] of [
        [1, 1, 1],
        [2, 2, 6],
        [63, 1, 2],
        [64, 64, 1],
        [100, 100, 7],
        [129, 4, 13],
        [300, 9, 3],
        [300, 9, 4],
        [300, 9, 5],
        [700, 3, 6],
        [5000, 6, 6],
        [9000, 300, 1],
      ] as const) {
        using memory = new Memory(device);
        const what = `${vertices} vertices of ${quads} quads in chains of up to ${longest}`;
        const lists = randomChains(vertices, longest, vertices + quads);
        const pairs = neighborsIn(lists, vertices);
        const width = quads * 4;
        const values = random(quads)
          .array((vertices + 1) * width, -1, 1)
          .fill(0, vertices * width);
        const [neighbors, chains] = [memory.of(pairs), memory.of(Uint32Array.from(wordsOf(lists, vertices)))];
        const [from, result] = [memory.of(values), memory.result((vertices + 1) * width)];
        device.run(kernel, { neighbors, values: from, result, vertices, quads });
        device.run(blurChains, { chains, values: from, vertices, quads });
        same(new Uint32Array(await device.read(from)), await memory.words(result), what);
      }
    },
  },
  {
    name: "runs the axes 0…d, and for the adjoint d…0",
    async run(device) {
      for (const d of [1, 2, 5]) {
        const data = clearPoints(random(d), 200, d);
        using features = device.tensor([200, d], data);
        using lattice = await buildLattice(features);
        const reference = referenceLattice(data, d);
        const { simplices } = await readTables(features);
        const own = new Map(reference.simplices.flat().map((vertex, entry) => [vertex, simplices.flat()[entry]]));
        const { vertices } = lattice;
        const values = random(7).array(vertices * 4);
        const renumbered = new Float32Array((vertices + 1) * 4);
        own.forEach((to, from) => renumbered.set(values.subarray(from * 4, from * 4 + 4), to! * 4));
        for (const transpose of [false, true]) {
          using memory = new Memory(device);
          const [from, spare] = [memory.of(renumbered), memory.zeros((vertices + 1) * 4)];
          const options = { vertices, dimensions: d, quads: 1, transpose };
          const blurred = perform(device, blur(device, lattice.parts, { values: from, spare }, options));
          const result = new Float32Array(await device.read(blurred));
          const actual = values.map((_, i) => result[own.get(i >> 2)! * 4 + (i % 4)]!);
          const axes = Array.from({ length: d + 1 }, (_, i) => (transpose ? d - i : i));
          let expected: ArrayLike<number> = values;
          for (const axis of axes) expected = blurAxis(reference, axis, expected, 4);
          // All terms are positive: each axis adds two roundings of relative size.
          close(actual, expected, { relative: 2 * (d + 1) * 2 ** -23 }, `d = ${d}, transpose: ${transpose}`);
        }
      }
    },
  },
];
