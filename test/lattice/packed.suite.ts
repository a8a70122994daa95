import { packedEmbed } from "../../build/kernels.ts";
import type { Device, Storage } from "../../src/device/device.ts";
import { perform } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { neighborsOf } from "../../src/lattice/chains.ts";
import { findRanges, reachesOf } from "../../src/lattice/features.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { finishPacked, numberPacked, packingOfReaches, type ReachPacking } from "../../src/lattice/packed.ts";
import type { Tensor } from "../../src/tensor.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random, same } from "../suite.ts";
import { type Key, pairsOf, readEmbedded, readWords } from "./tables.ts";
import { writeOthers } from "./written.ts";

const imagesOf = ({ shape }: Tensor): number => (shape.length === 3 ? shape[0]! : 1);

/** How the keys of these points are packed, by what the kernel finds of their ranges. */
async function packingOf(sets: readonly Tensor[]): Promise<ReachPacking | undefined> {
  const [{ device, channels }] = sets as [Tensor];
  using workspace = new Workspace(device);
  const ranges = workspace.zeros(32 * Math.ceil(channels / 4));
  for (const set of sets) perform(device, findRanges(set, ranges));
  return packingOfReaches(reachesOf(await readWords(device, ranges), channels), imagesOf(sets[0]!));
}

const fieldsOf = ({ image, coordinates, remainder }: Key): number[] => [image, ...coordinates, remainder];

/** The tables of several sets of points, of what `embed` finds of each entry, by sorting and looking up. */
async function expectedTables(sets: readonly Tensor[]) {
  const d = sets[0]!.channels;
  const embedded = [];
  for (const set of sets) embedded.push(await readEmbedded(set));
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const first = a.findIndex((value, i) => value !== b[i]);
    return first < 0 ? 0 : a[first]! - b[first]!;
  };
  // Keys are in the order of their w_i, and by remainder where these are the same.
  const ordered = (key: Key): number[] => {
    const w = key.coordinates.map((value) => (value - key.remainder) / (d + 1));
    return [key.image, ...w, key.remainder];
  };
  const all = embedded.flatMap(({ keys }) => keys);
  const different = [...new Map(all.map((key) => [fieldsOf(key).join(), key])).values()].sort((a, b) =>
    compare(ordered(a), ordered(b)),
  );
  const numbers = new Map(different.map((key, vertex) => [fieldsOf(key).join(), vertex]));
  const vertices = different.length;
  const at = (key: Key): number => numbers.get(fieldsOf(key).join()) ?? vertices;
  // A step along an axis adds d + 1 to its own coordinate and takes 1 from each.
  const stepped = ({ image, coordinates, remainder }: Key, axis: number, sign: 1 | -1): number =>
    at({
      image,
      coordinates: coordinates.map((value, i) => value + sign * ((i === axis ? d + 1 : 0) - 1)),
      remainder: (remainder - sign + d + 1) % (d + 1),
    });
  const vertexOf = embedded[0]!.keys.map(at);
  const order = [...vertexOf.keys()].sort((a, b) => vertexOf[a]! - vertexOf[b]! || a - b);
  const bits = embedded.map(({ weights }) => new Uint32Array(weights.buffer));
  return {
    vertices,
    simplices: embedded.map(({ keys }, set) => keys.flatMap((key, entry) => [at(key), bits[set]![entry]!])),
    neighbors: Array.from({ length: d + 1 }, (_, axis) => [
      ...different.flatMap((key) => [stepped(key, axis, 1), stepped(key, axis, -1)]),
      vertices,
      vertices,
    ]),
    pairs: order.flatMap((entry) => [Math.floor(entry / (d + 1)), bits[0]![entry]!]),
    offsets: Array.from({ length: vertices + 2 }, (_, vertex) => order.filter((e) => vertexOf[e]! < vertex).length),
    ranks: embedded.map(({ ranks }) => ranks),
  };
}

/** Builds by a table of so many slots and compares every table. */
async function checkBuild(device: Device, sets: readonly Tensor[], capacity: number, what: string): Promise<void> {
  const d = sets[0]!.channels;
  const packing = await packingOf(sets);
  check(packing !== undefined, `${what}: not packed`);
  using workspace = new Workspace(device);
  const numbered = perform(device, numberPacked(workspace, sets, packing, capacity));
  const expected = await expectedTables(sets);
  const [, , full, vertices] = await readWords(device, numbered.status);
  check(full === 0 && vertices === expected.vertices, `${what}: ${vertices} vertices, not ${expected.vertices}`);
  const { parts, other } = perform(device, finishPacked(device, workspace, numbered, vertices, d));
  for (const [set, tables] of [parts, ...(other ? [other] : [])].entries()) {
    same(await readWords(device, tables.simplices), expected.simplices[set]!, `${what}: simplices of set ${set}`);
    const words = await readWords(device, tables.coordinateRanks);
    const each = Math.ceil((d + 1) / 8);
    const ranks = expected.ranks[set]!.map((_, i) => {
      const [point, coordinate] = [Math.floor(i / (d + 1)), i % (d + 1)];
      return (words[point * each + (coordinate >> 3)]! >>> (4 * (coordinate & 7))) & 15;
    });
    same(ranks, expected.ranks[set]!, `${what}: ranks of set ${set}`);
  }
  const derived = new Map<string, Storage>();
  const lattice = { device, vertices, dimensions: d, parts, own: { derived } };
  for (let axis = 0; axis <= d; axis++) {
    const row = await readWords(device, neighborsOf(lattice, axis));
    same(row, expected.neighbors[axis]!, `${what}: neighbors on axis ${axis}`);
  }
  for (const made of derived.values()) device.release(made);
  same(pairsOf(await readWords(device, parts.incidence.pairs)).flat(), expected.pairs, `${what}: lists`);
  same(await readWords(device, parts.incidence.offsets), expected.offsets, `${what}: offsets`);
}

/** Points about `center`, so many times as far apart as those of other tests. */
const cloud = (points: number, d: number, center = 0, apart = 1): Float32Array =>
  Float32Array.from(clearPoints(random(points + d), points, d), (value) => center + apart * value);

/** How a build finds its vertices. */
async function wayOf(features: Tensor): Promise<string> {
  const seen: string[] = [];
  using _watch = features.device.observe({ before: ({ kernel }) => void seen.push(kernel.id) });
  (await buildLattice(features)).dispose();
  return seen.find((id) => ["hashInsert", "packedEmbed", "planeEmbed"].includes(id))!;
}

export const cases: Case[] = [
  {
    name: "vertices, neighbors, simplices and lists are those that sorting and looking up give",
    async run(device) {
      for (const [what, shape, data] of [
        ["a point", [1, 5], cloud(1, 5)],
        ["one point many times", [70, 5], new Float32Array(350).fill(0.3)],
        ["d = 1", [67, 1], cloud(67, 1, -20)],
        ["d = 2", [66, 2], cloud(66, 2, 5)],
        ["d = 3 far away", [50, 3], cloud(50, 3, 900)],
        ["d = 5", [65, 5], cloud(65, 5)],
        ["a batch", [3, 11, 5], cloud(33, 5)],
        ["d = 7", [18, 7], cloud(18, 7, 1, 2)],
        ["d = 8", [17, 8], cloud(17, 8)],
        ["d = 15", [5, 15], cloud(5, 15, 0, 0.2)],
      ] as const) {
        // WebGPU, where the library packs nothing from the start, compiles every kernel anew for other dimensions, which takes seconds.
        if (device.kind === "webgpu" && shape.at(-1) !== 5) continue;
        using features = device.tensor(shape, data);
        await checkBuild(device, [features], 1024, what);
      }
    },
  },
  {
    name: "two sets of points have one lattice, and a table that is nearly full is searched to its end",
    async run(device) {
      using features = device.tensor([2, 8, 5], cloud(16, 5));
      using others = device.tensor([2, 11, 5], cloud(22, 5, 0.4));
      const { vertices } = await expectedTables([features, others]);
      check(vertices > 130 && vertices <= 256, `${vertices} vertices`);
      await checkBuild(device, [features, others], 256, "two sets");
    },
  },
  {
    name: "a table that is too small says so, and a build takes a larger one",
    async run(device) {
      using features = device.tensor([200, 5], cloud(200, 5, 0, 40));
      const packing = (await packingOf([features]))!;
      using workspace = new Workspace(device);
      const { status } = perform(device, numberPacked(workspace, [features], packing, 512));
      check((await readWords(device, status))[2] === 1, "not full");
      const capacities: number[] = [];
      using _watch = device.observe({
        before: ({ kernel, args }) => void (kernel === packedEmbed && capacities.push((args.slotMask as number) + 1)),
      });
      using lattice = await buildLattice(features);
      check(lattice.vertices > 512, `${lattice.vertices} vertices`);
      same(capacities, device.kind === "wasm" ? [512, 4096] : [], "slots");
    },
  },
  {
    name: "keys have room for every vertex and its neighbors, at every end of the ranges",
    async run(device) {
      const numbers = random(7);
      for (let round = 0; round < 30; round++) {
        const d = device.kind === "webgpu" ? 5 : 1 + (round % 6);
        const ends = Array.from({ length: d }, () => {
          const from = numbers.integer(2000) / 4 - 250;
          return [from, from + numbers.integer(40) / 4] as const;
        });
        // Corners, where coordinates are least and largest.
        const corners = Array.from({ length: 2 ** d }, (_, corner) => ends.map((pair, i) => pair[(corner >> i) & 1]!));
        using features = device.tensor([corners.length, d], corners.flat());
        const { fields, bits } = (await packingOf([features]))!;
        const { keys } = await readEmbedded(features);
        for (const { coordinates, remainder } of keys) {
          coordinates.forEach((value, i) => {
            const [offset, shift] = [fields[2 * i]! | 0, fields[2 * i + 1]!];
            const above = i > 0 ? fields[2 * i - 1]! : bits;
            const field = (value - remainder) / (d + 1) + 32_768 + offset;
            check(field >= 1 && field + 1 < 2 ** (above - shift), `${field} of ${above - shift} bits, d = ${d}`);
          });
        }
      }
    },
  },
  {
    name: "features that are written once their ranges are known count as lying within",
    async run(device) {
      for (const d of device.kind === "webgpu" ? [5] : [1, 2, 3, 5, 8]) {
        const data = cloud(40, d);
        using features = device.tensor([40, d], data);
        const packing = (await packingOf([features]))!;
        using counted = writeOthers(features, data, packing.reaches);
        const read = async (tensor: Tensor): Promise<Uint32Array[]> => {
          using workspace = new Workspace(device);
          const { status, packedKeys, tables } = perform(device, numberPacked(workspace, [tensor], packing, 512));
          const [own] = tables;
          const words = [];
          for (const each of [status, own!.simplices, own!.coordinateRanks]) words.push(await readWords(device, each));
          const keys = await readWords(device, packedKeys);
          return [...words, keys.slice(0, 2 * words[0]![3]!)];
        };
        const [actual, expected] = [await read(features), await read(counted)];
        for (const [i, what] of ["status", "simplices", "ranks", "keys"].entries()) {
          same(actual[i]!, expected[i]!, `${what}, d = ${d}`);
        }
      }
    },
  },
  {
    name: "points that reach too far are found by keys of several words, and on WASM all others by packed ones",
    async run(device) {
      for (const [what, expected, shape, data] of [
        ["near", true, [20, 5], cloud(20, 5)],
        ["far apart", true, [20, 5], cloud(20, 5, 0, 300)],
        ["too far apart", false, [20, 5], cloud(20, 5, 0, 3000)],
        ["far away", true, [20, 3], cloud(20, 3, 5000)],
        ["many dimensions", true, [20, 10], cloud(20, 10)],
        ["many dimensions apart", false, [20, 15], cloud(20, 15, 0, 9)],
      ] as const) {
        if (device.kind === "webgpu" && shape.at(-1) !== 5) continue;
        using features = device.tensor(shape, data);
        check(((await packingOf([features])) !== undefined) === expected, what);
        const way = await wayOf(features);
        check(way === (expected && device.kind === "wasm" ? "packedEmbed" : "hashInsert"), `${what}: ${way}`);
      }
    },
  },
];
