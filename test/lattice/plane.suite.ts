import type { Device } from "../../src/device/device.ts";
import { perform } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { LimitError, ValueError } from "../../src/errors.ts";
import { findRanges, reachesOf, spatialFeatures } from "../../src/lattice/features.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { axisOf, neighborBytes } from "../../src/lattice/neighbors.ts";

import { beginPlane, planeOf } from "../../src/lattice/plane.ts";
import type { LatticeParts } from "../../src/lattice/points.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, memoryOf } from "../memory.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";
import { pairsOf, readEmbedded, readWords } from "./tables.ts";
import { writeOthers } from "./written.ts";

const imagesOf = ({ shape }: Tensor): number => (shape.length === 3 ? shape[0]! : 1);

/** The box of the keys of `features`, by what the kernel finds of their ranges. */
async function boxOf(features: Tensor) {
  const { device } = features;
  using workspace = new Workspace(device);
  const ranges = workspace.zeros(32);
  perform(device, findRanges(features, ranges));
  return planeOf(reachesOf(await readWords(device, ranges), 2), imagesOf(features), features.rows * 3);
}

/** Every table of a lattice in the plane, as words. */
async function wordsOf(
  device: Device,
  { simplices, neighbors, incidence, coordinateRanks }: LatticeParts,
  count: number,
) {
  const { offsets, blockVertices, pairs } = incidence;
  const words = (storage: typeof pairs): Promise<Uint32Array> => readWords(device, storage);
  return {
    simplices: pairsOf(await words(simplices)),
    neighbors: [
      pairsOf(await words(axisOf(device, neighbors!, 0, count))),
      pairsOf(await words(axisOf(device, neighbors!, 1, count))),
      pairsOf(await words(axisOf(device, neighbors!, 2, count))),
    ],
    offsets: await words(offsets),
    blockVertices: await words(blockVertices),
    pairs: pairsOf(await words(pairs)),
    ranks: await words(coordinateRanks),
  };
}

type Tables = Awaited<ReturnType<typeof wordsOf>>;

/** The tables of points in a plane, of what `embed` finds of each entry, by sorting and looking up. */
async function expectedTables(features: Tensor): Promise<Tables & { readonly vertices: number }> {
  const { keys, weights, ranks } = await readEmbedded(features);
  const bits = new Uint32Array(weights.buffer);
  const fieldsOf = (image: number, coordinates: readonly number[], remainder: number): number[] => {
    const [w0, w1] = coordinates.map((value) => (value - remainder) / 3);
    return [image, w0! + w1!, w0!, remainder];
  };
  const compare = (a: number[], b: number[]): number => {
    const first = a.findIndex((value, i) => value !== b[i]);
    return first < 0 ? 0 : a[first]! - b[first]!;
  };
  const fields = keys.map(({ image, coordinates, remainder }) => fieldsOf(image, coordinates, remainder));
  const different = [...new Map(fields.map((row) => [row.join(), row])).values()].sort(compare);
  const numbers = new Map(different.map((row, vertex) => [row.join(), vertex]));
  const vertices = different.length;
  const at = (row: readonly number[]): number => numbers.get(row.join()) ?? vertices;
  const vertexOf = fields.map(at);
  const order = [...vertexOf.keys()].sort((a, b) => vertexOf[a]! - vertexOf[b]! || a - b);
  // A step along an axis adds 3 to its own coordinate and takes 1 from each: w and the remainder of all three coordinates.
  const stepped = ([image, sum, w0, r]: readonly number[], axis: number, sign: 1 | -1): number => {
    const moved = [w0!, sum! - w0!].map((w, i) => 3 * w + r! + sign * ((i === axis ? 3 : 0) - 1));
    return at(fieldsOf(image!, moved, (r! - sign + 3) % 3));
  };
  const absent: [number, number] = [vertices, vertices];
  return {
    vertices,
    simplices: vertexOf.map((vertex, entry) => [vertex, bits[entry]!]),
    neighbors: [0, 1, 2].map((axis) => [
      ...different.map((row): [number, number] => [stepped(row, axis, 1), stepped(row, axis, -1)]),
      absent,
    ]),
    offsets: Uint32Array.from(
      { length: vertices + 2 },
      (_, vertex) => order.filter((e) => vertexOf[e]! < vertex).length,
    ),
    blockVertices: Uint32Array.from(order.filter((_, i) => i % 64 === 0).map((entry) => vertexOf[entry]!)),
    pairs: order.map((entry) => [Math.floor(entry / 3), bits[entry]!]),
    ranks: Uint32Array.from({ length: features.rows }, (_, point) =>
      [0, 1, 2].reduce((word, i) => word | (ranks[3 * point + i]! << (4 * i)), 0),
    ),
  };
}

function sameTables(actual: Tables, expected: Tables, what: string): void {
  for (const name of ["simplices", "neighbors", "pairs"] as const) {
    same(actual[name].flat(2), expected[name].flat(2), `${what}: ${name}`);
  }
  for (const name of ["offsets", "blockVertices", "ranks"] as const)
    same(actual[name], expected[name], `${what}: ${name}`);
}

/** The tables with the numbers that another lattice of the same points gives to the same vertices. */
function renumbered(tables: Tables, like: Tables, vertices: number): Tables {
  const numbers = new Map([[vertices, vertices]]);
  tables.simplices.forEach(([vertex], entry) => numbers.set(vertex, like.simplices[entry]![0]));
  check(new Set(numbers.values()).size === vertices + 1, "every vertex has another number");
  const numberOf = (vertex: number): number => numbers.get(vertex)!;
  const ofNumbers = [...numbers.keys()].sort((a, b) => numberOf(a) - numberOf(b)).slice(0, vertices);
  const listOf = (vertex: number) => tables.pairs.slice(tables.offsets[vertex], tables.offsets[vertex + 1]);
  const lists = ofNumbers.map(listOf);
  const vertexOf = lists.flatMap((list, vertex) => list.map(() => vertex));
  const starts = lists.map((_, vertex) => lists.slice(0, vertex).reduce((sum, list) => sum + list.length, 0));
  return {
    ...tables,
    simplices: tables.simplices.map(([vertex, weight]) => [numberOf(vertex), weight]),
    neighbors: tables.neighbors.map((axis) =>
      [...ofNumbers, vertices].map((vertex) => axis[vertex]!.map(numberOf) as [number, number]),
    ),
    offsets: Uint32Array.from([...starts, vertexOf.length, vertexOf.length]),
    blockVertices: Uint32Array.from(vertexOf.filter((_, i) => i % 64 === 0)),
    pairs: lists.flat(),
  };
}

/** Points of a cloud, `spread` wide and `offset` away from zero. */
const cloud = (points: number, spread: number, offset: number): number[] =>
  Array.from(random(points).array(2 * points), (value) => offset + spread * value);

/** Features where ranks tie: vertices, and the middles between them, are among the points. */
const ties = (points: number): number[] => {
  const numbers = random(points);
  return Array.from({ length: points }, () => [
    (numbers.integer(13) - 6) * Math.fround(Math.sqrt(3) / 2),
    (numbers.integer(13) - 6) / 2,
  ]).flat();
};

/** Shapes and features; a grid of pixels has its bandwidth. */
const shapes: readonly (readonly [string, (device: Device) => Tensor])[] = [
  ["a point", (device) => device.tensor([1, 2], [0.3, -0.7])],
  ["one pixel three times", (device) => spatialFeatures(device, [3, 1, 1], { position: 3 })],
  ["a grid", (device) => spatialFeatures(device, [23, 31], { position: 3 })],
  ["a batch of grids", (device) => spatialFeatures(device, [3, 7, 5], { position: 2 })],
  ["a wide bandwidth", (device) => spatialFeatures(device, [12, 9], { position: 1000 })],
  ["a column", (device) => spatialFeatures(device, [66, 1], { position: 9 })],
  ["a cloud", (device) => device.tensor([301, 2], cloud(301, 4, 0))],
  ["a cloud far away", (device) => device.tensor([302, 2], cloud(302, 4, -900))],
  ["a batch of clouds", (device) => device.tensor([3, 41, 2], cloud(123, 3, 1))],
  ["ties", (device) => device.tensor([403, 2], ties(403))],
];

/** Whether a build runs the kernels of planes. */
async function takesCells(features: Tensor): Promise<boolean> {
  const seen = new Set<string>();
  using _watch = features.device.observe({ before: ({ kernel }) => void seen.add(kernel.id) });
  (await buildLattice(features)).dispose();
  const ways = ["planeEmbed", "packedEmbed", "hashInsert"].filter((id) => seen.has(id));
  check(ways.length === 1, `${ways.join()}: one way and not the others`);
  return seen.has("planeEmbed");
}

export const cases: Case[] = [
  {
    name: "vertices, neighbors, simplices and lists are those that sorting and looking up give",
    async run(device) {
      for (const [what, make] of shapes) {
        using features = make(device);
        const box = await boxOf(features);
        check(box !== undefined, `${what} has no box`);
        using workspace = new Workspace(device);
        const begun = perform(device, beginPlane(workspace, features, box));
        const [, , , vertices] = await readWords(device, begun.status);
        const expected = await expectedTables(features);
        check(vertices === expected.vertices, `${what}: ${vertices} vertices, not ${expected.vertices}`);
        const parts = perform(device, begun.finish(vertices));
        sameTables(await wordsOf(device, parts, vertices), expected, what);
      }
    },
  },
  {
    name: "a build with cells is one without them, to the bit, but for the numbers of vertices, and on WASM the usual one",
    async run(device) {
      for (const [what, make] of shapes) {
        using features = make(device);
        check((await takesCells(features)) === (device.kind === "wasm"), what);
        using lattice = await buildLattice(features);
        // Where there are other points, vertices are found by a table.
        using other = await buildLattice(features, { at: features });
        check(lattice.vertices === other.vertices, `${what}: ${lattice.vertices} and ${other.vertices} vertices`);
        const [own, others] = [lattice, other].map(({ parts, vertices }) => wordsOf(device, parts, vertices));
        sameTables(await own!, renumbered(await others!, await own!, lattice.vertices), what);
      }
    },
  },
  {
    name: "points that lie too far apart, or too far away, have no cells",
    async run(device) {
      const far = (...values: number[]): Tensor => device.tensor([2, 2], values);
      for (const [what, expected, values] of [
        ["near", true, [0, 0, 3, 4]],
        // 27 by 37 by 3 cells and the margins are more than 4096.
        ["apart in both", false, [0, 0, 40, 40]],
        ["apart in the first, a few rows of cells", true, [0, 0, 60, 0]],
        ["apart in the first", false, [0, 0, 240, 0]],
        ["apart in the second", false, [0, 0, 0, 120]],
        ["far away", true, [9000, 0, 9000, 0]],
        ["farther than half of the keys", false, [19_000, 0, 19_000, 0]],
      ] as const) {
        using features = far(...values);
        check(((await boxOf(features)) !== undefined) === expected, what);
        check((await takesCells(features)) === (expected && device.kind === "wasm"), `${what}: built`);
      }
      for (const value of [NaN, -NaN, Infinity, -Infinity, 1e30]) {
        for (let at = 0; at < 4; at++) {
          using features = far(...[1, 2, 3, 4].map((usual, i) => (i === at ? value : usual)));
          if (Number.isFinite(value)) await rejects(() => buildLattice(features), LimitError);
          else await rejects(() => buildLattice(features), ValueError);
        }
      }
      // Many points may have a larger box than few.
      using many = spatialFeatures(device, [60, 60], { position: 2 });
      check((await takesCells(many)) === (device.kind === "wasm"), "many points");
    },
  },
  {
    name: "features that are written once their ranges are known count as lying within",
    async run(device) {
      const data = Float32Array.from({ length: 2 * 61 }, (_, i) => ((i * 37) % 61) / 7 - 3);
      using features = device.tensor([61, 2], data);
      const box = (await boxOf(features))!;
      using counted = writeOthers(features, data, [box.left, box.right, box.up, box.down]);
      const read = async (tensor: Tensor): Promise<Tables> => {
        using workspace = new Workspace(device);
        const begun = perform(device, beginPlane(workspace, tensor, box));
        const [, , , vertices] = await readWords(device, begun.status);
        return wordsOf(device, perform(device, begun.finish(vertices!)), vertices!);
      };
      sameTables(await read(features), await read(counted), "written");
    },
  },
  {
    name: "features may be written at any turn of a build: there is a lattice, or a word on what they are, and nothing else is touched",
    async run(device) {
      for (const d of [2, 5]) {
        const data = Float32Array.from({ length: 400 * d }, (_, i) => ((i * 37) % 61) / 7);
        using features = device.tensor([400, d], data);
        using beside = device.tensor([1000, 4], new Float32Array(4000).fill(7));
        for (const value of [NaN, 1e30, 1e5, -1e5, 50]) {
          for (let turn = 0; turn < 12; turn++) {
            features.write(data);
            const building = buildLattice(features).catch((error: unknown) => error);
            for (let i = 0; i < turn; i++) await undefined;
            features.write(new Float32Array(400 * d).fill(value));
            const built = await building;
            const refused = built instanceof LimitError || built instanceof ValueError;
            check(refused || !(built instanceof Error), `${value} written after ${turn} turns: ${String(built)}`);
            if (!refused) (built as Disposable)[Symbol.dispose]();
          }
        }
        check(
          (await beside.read()).every((number) => number === 7),
          `d = ${d}: other memory`,
        );
      }
    },
  },
  {
    name: "the box holds all cells and a margin, at every end of its ranges",
    async run(device) {
      const numbers = random(4);
      for (let round = 0; round < 40; round++) {
        const [width, height] = [numbers.integer(9) / 2, numbers.integer(9) / 2];
        const [x, y] = [numbers.integer(2000) - 1000, numbers.integer(2000) - 1000];
        // Corners, where coordinates are least and largest, and points beside them.
        const corners = [0, 1].flatMap((i) => [0, 1].map((j) => [x + i * width, y + j * height]));
        using features = device.tensor([4, 2], corners.flat());
        const box = (await boxOf(features))!;
        using workspace = new Workspace(device);
        const begun = perform(device, beginPlane(workspace, features, box));
        const [, , , vertices] = await readWords(device, begun.status);
        const words = await readWords(device, perform(device, begun.finish(vertices!)).neighbors!);
        check(
          words.every((vertex) => vertex <= vertices!),
          `neighbors of ${corners.join("; ")}`,
        );
        const rows = box.imageCells / box.stride;
        check(box.cells === box.imageCells && Number.isInteger(rows) && box.stride % 3 === 0, JSON.stringify(box));
        const { keys } = await readEmbedded(features);
        for (const { coordinates, remainder } of keys) {
          const [w0, w1] = coordinates.map((value) => (value - remainder) / 3) as [number, number];
          const cell = (w0 + w1) * box.stride + w0 * 3 + remainder + box.origin;
          const [row, column] = [Math.floor(cell / box.stride), cell % box.stride];
          check(row >= 2 && row < rows - 2, `row ${row} of ${rows}`);
          check(column >= 3 && column < box.stride - 3, `column ${column} of ${box.stride}`);
        }
      }
    },
  },
  {
    name: "a build has its counters beside what it keeps, and nothing for each entry",
    async run(device) {
      using features = spatialFeatures(device, [23, 31], { position: 3 });
      const { cells, ...rest } = (await boxOf(features))!;
      using workspace = new Workspace(device);
      let vertices = 0;
      const used = await memoryOf(device, "lattice/", async () => {
        const begun = perform(device, beginPlane(workspace, features, { cells, ...rest }));
        vertices = (await readWords(device, begun.status))[3]!;
        perform(device, begun.finish(vertices));
      });
      const points = 23 * 31;
      check(3 * points <= 4096, "entries that one thread counts");
      const numbers = 4 * (cells + 1);
      const embedded = [24 * points, 4 * points];
      const marked = [...embedded, numbers, 16, neighborBytes(device, vertices, 2)];
      const lists = [4 * (vertices + 2), 4 * Math.ceil((3 * points) / 64), 24 * points];
      const all = [...marked, ...lists];
      checkMemory(
        device,
        used,
        [
          ["lattice/plane.embed", embedded],
          ["lattice/plane.mark", [...embedded, numbers]],
          ["lattice/plane.vertices", all],
          ...["count", "totals", "offsets", "scatter"].map(
            (name) => [`lattice/incidence.${name}`, [...all, 4 * vertices]] as const,
          ),
        ],
        "a grid",
      );
    },
  },
];
