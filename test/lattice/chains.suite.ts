import { chains as kernel, chainsNeighbors } from "../../build/kernels.ts";
import { neighborsOf } from "../../src/lattice/chains.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { Memory } from "../memory.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random, same } from "../suite.ts";
import { neighborsIn, randomChains, wordsOf } from "./randomChains.ts";

export const cases: Case[] = [
  {
    name: "chains are listed in the order of their first vertices, axis by axis, and lead back to the neighbors",
    async run(device) {
      for (const [vertices, longest, dimensions] of [
        [1, 1, 3],
        [2, 2, 3],
        [63, 1, 4],
        [64, 64, 3],
        [129, 4, 5],
        [700, 3, 5],
        [5000, 300, 3],
      ] as const) {
        using memory = new Memory(device);
        const what = `${vertices} vertices, ${dimensions + 1} axes, chains of up to ${longest}`;
        const axes = Array.from({ length: dimensions + 1 }, (_, axis) =>
          randomChains(vertices, longest, vertices + axis),
        );
        // Axes are padded, and nothing is written to what they are padded with.
        const lengths = { axisLength: vertices + 4, chainLength: vertices + 6, dimensions };
        const padding = 7;
        const table = (words: (axis: number) => ArrayLike<number>, length: number): Uint32Array<ArrayBuffer> => {
          const all = new Uint32Array((dimensions + 1) * length).fill(padding);
          axes.forEach((_, axis) => all.set(words(axis), axis * length));
          return all;
        };
        const pairs = table((axis) => neighborsIn(axes[axis]!, vertices), 2 * lengths.axisLength);
        const words = table((axis) => wordsOf(axes[axis]!, vertices), lengths.chainLength);
        const listed = memory.of(new Uint32Array(words.length).fill(padding));
        device.run(kernel, { neighbors: memory.of(pairs), chains: listed, vertices, ...lengths });
        same(new Uint32Array(await device.read(listed)), words, what);

        const none = table(() => new Uint32Array(2 * vertices + 2).fill(vertices), 2 * lengths.axisLength);
        const neighbors = memory.of(none);
        device.run(chainsNeighbors, { chains: listed, neighbors, vertices, ...lengths });
        same(new Uint32Array(await device.read(neighbors)), pairs, what);
      }
    },
  },
  {
    name: "on WASM lattices of more than two dimensions keep chains alone; neighbors are made of them once, and go with the lattice",
    async run(device) {
      for (const d of [1, 2, 3, 5]) {
        using features = device.tensor([150, d], clearPoints(random(d), 150, d));
        const before = device.bytes;
        const lattice = await buildLattice(features);
        const chained = device.kind === "wasm" && d > 2;
        check("chains" in lattice.parts === chained && "neighbors" in lattice.parts !== chained, `d = ${d}`);
        const built = device.bytes;
        const first = neighborsOf(lattice, 0);
        const [again, other] = [neighborsOf(lattice, 0), neighborsOf(lattice, d)];
        check(first.offset === again.offset && other.bytes === first.bytes, `d = ${d}: made twice`);
        check(device.bytes > built === chained, `d = ${d}: ${device.bytes - built} bytes`);
        lattice.dispose();
        check(device.bytes === before, `d = ${d}: ${device.bytes - before} bytes are left`);
      }
    },
  },
];
