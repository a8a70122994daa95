import { perform } from "../../src/device/work.ts";
import type { Device } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { bilateralFeatures } from "../../src/lattice/features.ts";
import { filter } from "../../src/lattice/filter.ts";
import {
  allocateIncidence,
  bandPoints,
  bandsOf,
  blockLength,
  chooseBands,
  scatterIncidence,
} from "../../src/lattice/incidence.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { bandSums, bytesOfSums, splat, splatBand } from "../../src/lattice/splat.ts";
import { allChannels } from "../../src/shared/channels.ts";
import { Memory, pack, unpack } from "../memory.ts";
import { withProperty } from "../nn/convolutions.ts";
import { type Case, check, close, type Random, random, same } from "../suite.ts";

/** Incidence lists of these lengths, of points below `points`. */
interface Lists {
  readonly lengths: readonly number[];
  readonly points: number;
  readonly point: readonly number[];
  readonly weight: Float32Array;
}

function listsOf(numbers: Random, lengths: readonly number[], points: number, ones = false): Lists {
  const entries = lengths.reduce((sum, length) => sum + length, 0);
  const point = Array.from({ length: entries }, () => numbers.integer(points));
  return { lengths, points, point, weight: ones ? new Float32Array(entries).fill(1) : numbers.array(entries) };
}

const offsetsOf = ({ lengths }: Lists): number[] => {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length);
  return [...offsets, offsets.at(-1)!];
};

/** What the device makes of the lists and of `quads` of the values' channels. */
async function splatted(
  device: Device,
  lists: Lists,
  values: { readonly data: Float32Array; readonly rowQuads: number; readonly firstQuad: number },
  quads: number,
): Promise<Float32Array> {
  using memory = new Memory(device);
  const { lengths, point, weight, points } = lists;
  const vertices = lengths.length;
  const vertexOf = lengths.flatMap((length, vertex) => new Array<number>(length).fill(vertex));
  const tables = {
    incidence: {
      offsets: memory.of(Uint32Array.from(offsetsOf(lists))),
      blockVertices: memory.of(Uint32Array.from(vertexOf.filter((_, entry) => entry % blockLength === 0))),
      pairs: memory.of(pack(point, weight)),
    },
    points: { from: points, to: points },
  };
  const sums = memory.of(new Float32Array(bytesOfSums(tables, quads) / 4).fill(NaN));
  const result = memory.result((vertices + 1) * quads * 4);
  const channels = { storage: memory.of(values.data), rowQuads: values.rowQuads, firstQuad: values.firstQuad };
  perform(device, splat(tables, channels, { result, sums }, { vertices, quads }));
  return await memory.floats(result);
}

/** The lists' values, one after the other, where there is one channel. */
const itemsOf = ({ lengths, point }: Lists, data: Float32Array): number[][] => {
  const items = point.map((index) => data[index * 4]!);
  return lengths.map((length) => items.splice(0, length));
};

const float32Sum = (items: readonly number[]): number => items.reduce((sum, item) => Math.fround(sum + item), 0);

/** The sum of a list in float32, in the order that kernels/lattice/incidence.wgsl states. */
function sumByBlocks(list: readonly number[]): number {
  let total = 0;
  for (let items = list; items.length > 0;) {
    const blocks: number[] = [];
    for (let i = 0; i < items.length; i += blockLength) blocks.push(float32Sum(items.slice(i, i + blockLength)));
    const [first, ...further] = blocks;
    total = Math.fround(total + first!);
    items = further;
  }
  return total;
}

export const cases: Case[] = [
  {
    name: "sums weight·value along each vertex's list, for a range of channels; the last row is zero",
    async run(device) {
      for (const [vertices, quads, rowQuads, firstQuad] of [
        [1, 1, 1, 0],
        [63, 1, 1, 0],
        [64, 2, 5, 3],
        [70, 4, 4, 0],
        [65, 5, 5, 0],
        [40, 6, 6, 0],
        [40, 7, 9, 2],
        [40, 17, 17, 0],
        [1500, 3, 3, 0],
      ] as const) {
        const numbers = random(vertices + quads);
        // One list takes most of the points, some are empty.
        const lengths = Array.from({ length: vertices }, (_, v) => (v === 0 ? 1000 : numbers.integer(6)));
        const lists = listsOf(numbers, lengths, 1000);
        const { point, weight } = lists;
        const data = numbers.array(1000 * rowQuads * 4, -1, 1);
        const offsets = offsetsOf(lists);
        const expected = new Float64Array((vertices + 1) * quads * 4);
        for (let vertex = 0; vertex < vertices; vertex++) {
          for (let i = offsets[vertex]!; i < offsets[vertex + 1]!; i++) {
            for (let c = 0; c < quads * 4; c++) {
              const value = data[(point[i]! * rowQuads + firstQuad) * 4 + c]!;
              expected[vertex * quads * 4 + c]! += weight[i]! * value;
            }
          }
        }
        const what = `${vertices} vertices, ${quads} of ${rowQuads} quads`;
        const actual = await splatted(device, lists, { data, rowQuads, firstQuad }, quads);
        // Blocks of 64 terms below 1, and 16 blocks: as many roundings of sums that in their random walk stay below 16.
        close(actual, expected, { absolute: 80 * 16 * 2 ** -24 * 0.05, relative: 2 ** -20 }, what);
        check(
          actual.subarray(vertices * quads * 4).every((value) => value === 0),
          `${what}: the row of zeros`,
        );
      }
    },
  },
  {
    name: "lists of any length are added up in blocks, on both devices in one order, and close to the exact sum",
    async run(device) {
      for (const [points, lengths] of [
        [64, [64, 1, 63, 0, 64]],
        [65, [65, 64, 0, 0, 65]],
        // Each after the other, so that blocks begin anywhere.
        [65_000, [1, 63, 64, 65, 0, 128, 129, 4096, 4097, 65_000, 0, 63, 4160, 4161, 200]],
        // As long as lists of a lattice of so many points can be: a level more from 64 + 64² on, and from 64 + 64² + 64³ on.
        [4160, [4160, 4160]],
        [4161, [4161, 1, 4161]],
        [266_305, [3, 266_305]],
      ] as const) {
        const numbers = random(points);
        const lists = listsOf(numbers, lengths, points, true);
        const data = numbers.array(points * 4, -1, 1);
        const actual = await splatted(device, lists, { data, rowQuads: 1, firstQuad: 0 }, 1);
        const first = (_: unknown, vertex: number): number => actual[vertex * 4]!;
        const what = `${points} points`;
        const items = itemsOf(lists, data);
        same(Array.from(items, first), items.map(sumByBlocks), what);
        const exact = items.map((list) => list.reduce((sum, item) => sum + item, 0));
        // At most 65 + 3·64 additions on the way of a term, of sums that in their random walk stay below 1024.
        close(Array.from(items, first), exact, { absolute: 260 * 1024 * 2 ** -24 * 0.05 }, `${what}: float64`);
      }
    },
  },
  {
    name: "lists that come in bands have the sums of whole lists, wherever they are cut",
    async run(device) {
      for (const lengths of [
        [1, 63, 64, 65, 0, 128, 129, 4096, 4097, 4160, 4161, 4224, 4225, 8320, 200],
        [266_305, 3],
      ]) {
        const numbers = random(lengths.length);
        const longest = Math.max(...lengths);
        const values = numbers.array(longest * 4, -1, 1);
        // Each band has the next run of every list, of which some are empty.
        const bands = 5;
        const cuts = lengths.map((length) => {
          const inner = Array.from({ length: bands - 1 }, () => numbers.integer(length + 1));
          return [0, ...inner, length].sort((a, b) => a - b);
        });
        using memory = new Memory(device);
        const vertices = lengths.length;
        const levels = bandSums(longest);
        const rows = Uint32Array.from({ length: 2 * vertices }, (_, i) => (i % 2 === 1 ? (i - 1) / 2 : 0));
        const lists = [memory.of(rows), memory.zeros(2 * vertices)];
        const result = memory.zeros((vertices + 1) * 4);
        const sums = memory.of(new Float32Array(vertices * levels * 4).fill(NaN));
        const stored = allChannels(memory.of(values), 1);
        for (let band = 0; band < bands; band++) {
          const points = cuts.flatMap((cut) =>
            Array.from({ length: cut[band + 1]! - cut[band]! }, (_, i) => cut[band]! + i),
          );
          const parts = cuts.map((cut) => cut[band + 1]! - cut[band]!);
          const incidence = {
            offsets: memory.of(Uint32Array.from(offsetsOf({ lengths: parts } as unknown as Lists))),
            blockVertices: lists[0]!,
            pairs: memory.of(pack(points, new Float32Array(points.length).fill(1))),
          };
          const state = { result, sums, levels, lists: lists[band % 2]! };
          const sizes = { vertices, quads: 1, last: band === bands - 1 };
          perform(device, splatBand(incidence, stored, state, lists[(band + 1) % 2]!, sizes));
        }
        const floats = new Float32Array(await device.read(result));
        const items = lengths.map((length) => Array.from({ length }, (_, i) => values[i * 4]!));
        same(Array.from(floats.filter((_, i) => i % 4 === 0)), [...items.map(sumByBlocks), 0], `${vertices} lists`);
        const counts = new Uint32Array(await device.read(lists[bands % 2]!));
        same(
          counts.filter((_, i) => i % 2 === 0),
          lengths,
          "lengths",
        );
      }
    },
  },
  {
    name: "a lattice of many points to a vertex has lists in bands, which have the sums and the factors of whole lists",
    async run(device) {
      if (device.kind !== "wasm") return;
      const points = bandPoints + 100;
      const numbers = random(3);
      using features = device.tensor([points, 5], numbers.array(points * 5, -2.2, 2.2));
      using values = device.tensor([points, 5], numbers.array(points * 5, -1, 1));
      using lattice = await buildLattice(features);
      const bands = bandsOf(lattice.parts.incidence, lattice.vertices);
      same([bands], [2], `bands of ${lattice.vertices} vertices`);
      // The adjoint splats from the other points, whose lists are whole.
      using wider = await buildLattice(features, { at: features });
      for (const normalization of ["none", "after"] as const) {
        using own = filter(values, lattice, { normalization, transpose: true });
        using other = filter(values, wider, { normalization, transpose: true, at: wider.at });
        same(await own.read(), await other.read(), normalization);
      }
    },
  },
  {
    name: "lists in bands of any length have the bits of whole lists; vertices may be in no band, or in some",
    async run(device) {
      if (device.kind !== "wasm") return;
      using memory = new Memory(device);
      const [points, vertices, rowQuads, firstQuad] = [2 * bandPoints + 5, 700, 9, 1];
      const numbers = random(4);
      // Vertex 0 has a third of all entries, 1 none, 2 one in the last band; some are in one band only.
      const vertexOf = Uint32Array.from({ length: 2 * points }, (_, entry) =>
        entry % 3 === 0 ? 0 : entry === 2 * points - 1 ? 2 : 3 + (numbers.integer(600) % (entry < 9999 ? 600 : 300)),
      );
      const weights = numbers.array(2 * points);
      const simplices = memory.of(pack(vertexOf, weights));
      const map = memory.of(numbers.array(points * rowQuads * 4, -1, 1));
      for (const quads of [1, 2, 5, 6, 7]) {
        const sums: Float32Array[] = [];
        const begins: Uint32Array[] = [];
        const blocks: Uint32Array[] = [];
        // Few threads have whole bands, many have parts of them.
        for (const [bands, threads] of [
          [1, 1],
          [3, 1],
          [3, 5],
        ] as const) {
          using workspace = new Workspace(device);
          const incidence = allocateIncidence(workspace, 2 * points, vertices, bands);
          await withProperty(device, "info", { ...device.info, threads }, async () =>
            perform(device, scatterIncidence(device, simplices, incidence, vertices, 1, { bands })),
          );
          const tables = { incidence, points: { from: points, to: points } };
          const ofSums = memory.of(new Float32Array(bytesOfSums(tables, quads) / 4).fill(NaN));
          const result = memory.result((vertices + 1) * quads * 4);
          const values = { storage: map, rowQuads, firstQuad };
          perform(device, splat(tables, values, { result, sums: ofSums }, { vertices, quads }));
          sums.push(await memory.floats(result));
          begins.push(new Uint32Array(await device.read(incidence.offsets)).subarray(0, vertices + 2));
          blocks.push(new Uint32Array(await device.read(incidence.blockVertices)));
        }
        for (const i of [1, 2]) {
          same(sums[i]!, sums[0]!, `sums of ${quads} quads`);
          same(begins[i]!, begins[0]!, "where whole lists would begin");
          same(blocks[i]!, blocks[0]!, "vertices of blocks");
        }
        check(
          sums[0]!.subarray(quads * 4, 2 * quads * 4).every((value) => value === 0),
          "a vertex without points",
        );
      }
    },
  },
  {
    name: "bands are chosen where there are enough vertices, and enough pairs to each of them in a band",
    async run(device) {
      const chosen = (vertices: number, points = 187_500): number => chooseBands(device, points, vertices, 5);
      const banded = device.kind === "wasm" ? 6 : 1;
      same(
        [4095, 4096, 13_250, 46_875, 46_876, 142_056].map((vertices) => chosen(vertices)),
        [1, banded, banded, banded, 1, 1],
        "bands",
      );
      same([chosen(4096, bandPoints)], [1], "one band");
    },
  },
  {
    name: "a picture of one color, whose lists are nearly as long as it has pixels",
    async run(device) {
      using memory = new Memory(device);
      const size = 256;
      using guide = device.tensor([size, size, 3], new Float32Array(size * size * 3).fill(100));
      using features = bilateralFeatures(guide, { position: 160, color: 3 });
      using lattice = await buildLattice(features);
      const { vertices, own, parts } = lattice;
      const data = random(1).array(size * size * 4, -1, 1);
      const tables = { incidence: parts.incidence, points: { from: own.points, to: own.points } };
      const sums = memory.zeros(bytesOfSums(tables, 1) / 4);
      const result = memory.result((vertices + 1) * 4);
      const values = allChannels(memory.of(data), 1);
      perform(device, splat(tables, values, { result, sums }, { vertices, quads: 1 }));
      const expected = new Float64Array((vertices + 1) * 4);
      const lengths = new Array<number>(vertices).fill(0);
      const { words, floats } = unpack(new Uint32Array(await device.read(parts.simplices)));
      words.forEach((vertex, entry) => {
        const point = Math.floor(entry / 6);
        lengths[vertex]!++;
        for (let c = 0; c < 4; c++) expected[vertex * 4 + c]! += floats[entry]! * data[point * 4 + c]!;
      });
      check(Math.max(...lengths) > 50_000, `the longest list has ${Math.max(...lengths)} points`);
      close(await memory.floats(result), expected, { absolute: 200 * 256 * 2 ** -24 * 0.05 }, `${vertices} vertices`);
    },
  },
];
