/** Which tables are in use while each kernel of the lattice runs, to the byte: none is kept longer than it is needed. */
import { alignedBytes, type Device } from "../../src/device/device.ts";
import { LimitError } from "../../src/errors.ts";
import { featureGradients } from "../../src/lattice/featureGradient.ts";
import { bilateralFeatures } from "../../src/lattice/features.ts";
import { filter, normalizations } from "../../src/lattice/filter.ts";
import { buildLattice, type Lattice } from "../../src/lattice/lattice.ts";
import type { Packing } from "../../src/lattice/order.ts";
import { packingOfReaches } from "../../src/lattice/packed.ts";
import type { Scope } from "../../src/scope.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, memoryOf, taken, type Used } from "../memory.ts";
import { withBindings } from "../nn/convolutions.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random, rejects } from "../suite.ts";

/** The bytes of the tables of a lattice and of what it is made with: n points, d features, E entries, M vertices. */
function tablesOf({ device, points: n, dimensions: d, vertices }: Lattice) {
  const entries = n * (d + 1);
  const keyWords = Math.floor(d / 2) + 1;
  return {
    keys: 4 * entries * keyWords,
    barycentric: 4 * entries,
    ranks: 4 * n * Math.ceil((d + 1) / 8),
    status: 16,
    factors: 4 * d,
    elevation: 12 * d,
    entrySlots: 4 * entries,
    numbers: 4 * (entries + 1),
    vertexKeys: 4 * vertices * keyWords,
    packedKeys: 8 * vertices,
    ranges: 32 * Math.ceil(d / 4),
    fields: 8 * (d + 2),
    steps: 16 * (d + 1),
    ofVertices: 4 * vertices,
    neighbors: (d + 1) * alignedBytes(device, 8 * (vertices + 1)),
    chains: (d + 1) * alignedBytes(device, 4 * (vertices + 1)),
    vertexOfEntry: 4 * entries,
    simplices: 8 * entries,
    offsets: 4 * (vertices + 2),
    pairs: 8 * entries,
    blockVertices: 4 * Math.ceil(entries / 64),
    sorted: 4 * entries,
  };
}

/** Whether blurs go along chains, which are all that a lattice keeps of its neighbors then. */
const hasChains = ({ device, dimensions }: Lattice): boolean => device.kind === "wasm" && dimensions > 2;
const vertexTable = (lattice: Lattice): number => tablesOf(lattice)[hasChains(lattice) ? "chains" : "neighbors"];

/**
 * The kernels of a build and the tables in use, where the table of slots has so many of them, one after the other; of a build whose keys are
 * packed, by sorts of so many rounds, or of another one.
 */
function buildSteps(device: Device, lattice: Lattice, slots: readonly number[], rounds: number | undefined): Step[] {
  const t = tablesOf(lattice);
  const ranges: Step = ["lattice/features.ranges", [t.ranges]];
  if (rounds === undefined) return [...(device.kind === "wasm" ? [ranges] : []), ...tableSteps(device, lattice, slots)];
  const points = [t.simplices, t.ranks, t.status];
  const found = [...points, 8 * slots.at(-1)!];
  const digits = [...found, t.ofVertices];
  const ordered = [...points, t.packedKeys, t.ofVertices, t.neighbors];
  const byRemainder = [...ordered, t.ofVertices, t.packedKeys];
  const chains = hasChains(lattice)
    ? [["lattice/chains", [...points, t.ofVertices, t.neighbors, t.chains]] as const]
    : [];
  const lists = [...points, t.ofVertices, vertexTable(lattice), t.offsets, t.blockVertices, t.pairs, t.ofVertices];
  return [
    ranges,
    ...slots.map((count): Step => ["lattice/packed.embed", [...points, 24 * count, t.elevation, t.fields]]),
    ["lattice/order.digit", digits],
    ...Array.from({ length: rounds - 1 }, (): Step => ["lattice/order.digit", [...digits, t.ofVertices]]),
    ["lattice/order.permute", [...found, t.ofVertices, t.packedKeys, t.ofVertices]],
    ["lattice/order.digit", [...ordered, t.ofVertices]],
    ["lattice/order.permute", [...byRemainder, t.ofVertices]],
    ["lattice/neighbors.merge", [...byRemainder, t.steps]],
    ...chains,
    ...listSteps.map((name): Step => [name, lists]),
  ];
}

/** The kernels of a build whose keys are not packed. */
function tableSteps(device: Device, lattice: Lattice, slots: readonly number[]): Step[] {
  const t = tablesOf(lattice);
  const points = [t.barycentric, t.ranks, t.status];
  const inserting = [...points, t.keys, t.entrySlots, t.numbers];
  const last = 4 * slots.at(-1)!;
  const found = [...points, vertexTable(lattice), t.vertexOfEntry, t.simplices];
  const lists = [...found, t.offsets, t.blockVertices, t.pairs];
  return [
    ["lattice/embed", [...points, t.keys, t.factors]],
    ...slots.flatMap((count, i) => {
      // A table that grows is there until all of it was moved.
      const tables = [...inserting, ...slots.slice(Math.max(0, i - 1), i).map((before) => 4 * before), 4 * count];
      const moving = ["move", "follow"].map((name): Step => [`lattice/hash.${name}`, tables]);
      const inserted = ["insert", "mark"].map((name): Step => [`lattice/hash.${name}`, tables]);
      return [...(i > 0 ? moving : []), ...inserted];
    }),
    ["lattice/hash.number", [...inserting, last, t.vertexKeys]],
    ["lattice/neighbors", [...points, t.entrySlots, last, t.vertexKeys, t.neighbors]],
    ...(hasChains(lattice)
      ? [["lattice/chains", [...points, t.entrySlots, last, t.neighbors, t.chains]] as const]
      : []),
    ["lattice/hash.find", [...found, t.entrySlots, last]],
    ...(device.kind === "wasm"
      ? listSteps.map((name): Step => [name, [...lists, t.ofVertices]])
      : [["lattice/incidence.fill", [...lists, t.sorted, t.sorted]] as const]),
  ];
}

type Step = readonly [kernel: string, tables: readonly number[]];

/** The kernels that make incidence lists on WASM. */
const listSteps = ["count", "totals", "offsets", "scatter"].map((name) => `lattice/incidence.${name}`);

/**
 * The kernels that splat and blur, with these tables, a map of the vertices, and sums; without chains the sums are in a second map of the vertices, which
 * blurs need then.
 */
function blurSteps(lattice: Lattice, quads: number, tables: readonly number[]): Step[] {
  const { points, vertices, dimensions } = lattice;
  // One level of sums: of lists that are longer than a block, and not of more than a block of blocks.
  check(points <= 4160, `${points} points`);
  const sums = points > 64 ? Math.ceil((points * (dimensions + 1)) / 64) : 0;
  const rowBytes = 16 * quads;
  const others = hasChains(lattice) ? Math.max(1, sums) : Math.max(vertices + 1, sums);
  const all = [...tables, rowBytes * (vertices + 1), rowBytes * others];
  const add: Step[] = sums > 0 ? [["lattice/splat.add", all]] : [];
  const blur = hasChains(lattice) ? "lattice/blur.chains" : "lattice/blur";
  return [["lattice/splat", all], ...add, ...Array.from({ length: dimensions + 1 }, (): Step => [blur, all])];
}

/** The kernels that filter, and the last of which ends otherwise. */
const filterSteps = (lattice: Lattice, quads: number, tables: readonly number[], last = "lattice/slice"): Step[] => {
  const steps = blurSteps(lattice, quads, tables);
  return [...steps, [last, steps[0]![1]]];
};

/** The kernels that make the factors of a normalization, by a filter of ones. */
function factorSteps(lattice: Lattice, tables: readonly number[]): Step[] {
  const quad = 16 * lattice.points;
  const all = [...tables, 4 * lattice.points, quad, quad];
  return [...filterSteps(lattice, 1, all), ["lattice/normalization", all]];
}

/** The kernels of a pair of maps whose gradients are added. */
const pairSteps = (lattice: Lattice, quads: number, tables: readonly number[]): Step[] => [
  ...filterSteps(lattice, quads, tables, "lattice/slice.dots"),
  ...filterSteps(lattice, quads, tables, "lattice/slice.dots"),
];

/** A lattice of some points and the bytes of its tables, with a map of so many channels. */
async function given(scope: Scope, points: number, channels: number, bandwidth = 1) {
  const data = clearPoints(random(5), points, 3).map((value) => value / bandwidth);
  const features = scope.tensor([points, 3], data);
  const values = scope.tensor([points, channels], random(6).array(points * channels));
  const lattice = await buildLattice(features);
  return { lattice, values, tables: tablesOf(lattice), map: 16 * points * Math.ceil(channels / 4) };
}

/** The sorts of a build, each with its counters and what it sorts into: on WASM by digits of the order, and by vertex. */
function sortSteps(device: Device, lattice: Lattice, slots: number, packing: Packing | undefined): Step[] {
  const t = tablesOf(lattice);
  const step = (tables: readonly number[]): Step => ["shared/sort.count", tables];
  if (packing) {
    const points = [t.simplices, t.ranks, t.status];
    // Packed keys are sorted by digits of at most twelve bits.
    const rounds = Math.ceil(packing.bits / 12);
    const into = [4 * 2 ** Math.ceil(packing.bits / rounds), t.ofVertices, t.ofVertices];
    const ordering = [...points, 8 * slots, t.ofVertices, ...into];
    const rest = Array.from({ length: rounds - 1 }, () => step([...ordering, t.ofVertices]));
    const remainders = [4 * 16, t.ofVertices, t.ofVertices];
    const ordered = [...points, t.packedKeys, t.ofVertices, t.neighbors, t.ofVertices];
    return [step(ordering), ...rest, step([...ordered, ...remainders])];
  }
  if (device.kind === "wasm") return [];
  const lists = [t.offsets, t.blockVertices, t.pairs];
  const found = [t.barycentric, t.ranks, t.status, t.neighbors, t.vertexOfEntry, t.simplices, ...lists];
  const sorted = [t.sorted, t.sorted];
  // Four bits of the vertices' numbers at a time; from the second time on there is what the last one gave.
  const rounds = Math.ceil(Math.log2(lattice.vertices) / 4);
  const first = step([...found, 4 * 16, ...sorted]);
  return [first, ...Array.from({ length: rounds - 1 }, () => step([...found, 4 * 16, ...sorted, ...sorted]))];
}

/** How the keys of a lattice of one image are packed, if they are. */
function packingOf({ device, channels }: Tensor, data: Float32Array): Packing | undefined {
  if (device.kind !== "wasm") return undefined;
  const reaches = Float32Array.from({ length: 2 * channels }, (_, i) => {
    const side = i % 2 === 0 ? -1 : 1;
    return Math.max(...data.filter((_value, at) => at % channels === i >> 1).map((value) => side * value));
  });
  return packingOfReaches(reaches, 1);
}

export const cases: Case[] = [
  {
    name: "features are made from a position for each column and each row",
    async run(device) {
      for (const [height, width] of [
        [70, 90],
        [90, 70],
      ] as const) {
        using guide = device.tensor([height, width, 3]);
        const used = await memoryOf(device, "", () => bilateralFeatures(guide, { position: 3, color: 3 }).dispose());
        checkMemory(device, used, [["lattice/features.bilateral", [4 * 160, 6300 * 32]]], `${height} rows`);
      }
    },
  },
  {
    name: "a build has the tables that its kernels need, and what it keeps is the lattice",
    async run(device) {
      for (const [points, d, bandwidth, slots, packedSlots] of [
        [300, 1, 1, [256], [512]],
        [200, 5, 1, [512, 4096], [512, 4096]],
        [90, 8, 1, [256, 2048], [512, 2048]],
        // All points in one simplex.
        [400, 3, 1000, [1024], [512]],
        // They reach too far for 64 bits.
        [20, 15, 0.002, [256, 1024], undefined],
      ] as const) {
        const data = Float32Array.from(clearPoints(random(d), points, d), (value) => value / bandwidth);
        using features = device.tensor([points, d], data);
        const before = device.bytes;
        let lattice: Lattice | undefined;
        const used = await memoryOf(device, "", async () => (lattice = await buildLattice(features)));
        const of = (room: string): Used[] => used.filter(({ kernel }) => kernel.startsWith(room));
        const what = `${points} points of ${d} features`;
        const { ranks, simplices, offsets, blockVertices, pairs } = tablesOf(lattice!);
        const kept = taken(device, [ranks, vertexTable(lattice!), simplices, offsets, blockVertices, pairs]);
        check(device.bytes - before === kept, `${what}: ${device.bytes - before} bytes kept, not ${kept}`);
        const packing = packingOf(features, data);
        check((packing !== undefined) === (device.kind === "wasm" && packedSlots !== undefined), `${what}: packed`);
        const tables = packing ? packedSlots! : slots;
        const steps = buildSteps(device, lattice!, tables, packing && Math.ceil(packing.bits / 12));
        checkMemory(device, of("lattice/"), steps, what);
        checkMemory(device, of("shared/sort.count"), sortSteps(device, lattice!, tables.at(-1)!, packing), what);
        lattice!.dispose();
      }
    },
  },
  {
    name: "a filter has its result and one map of the vertices or two, and keeps the tables of its normalization",
    async run(device) {
      for (const normalization of normalizations) {
        using scope = device.scope();
        const { lattice, values, tables, map } = await given(scope, 70, 6);
        const factors = 4 * lattice.points;
        const kept = {
          none: [],
          before: [factors, tables.pairs],
          after: [factors, tables.simplices],
          symmetric: [factors, tables.pairs, tables.simplices],
        }[normalization];
        const making: Record<typeof normalization, readonly Step[]> = {
          none: [],
          before: [...factorSteps(lattice, [tables.pairs]), ["lattice/incidence.normalize", kept]],
          after: [...factorSteps(lattice, [tables.simplices]), ["lattice/slice.normalize", kept]],
          symmetric: [
            ...factorSteps(lattice, [tables.pairs]),
            ["lattice/incidence.normalize", [factors, tables.pairs]],
            ["lattice/slice.normalize", kept],
          ],
        };
        const before = device.bytes;
        const run = (): void => filter(values, lattice, { normalization }).dispose();
        const first = [...making[normalization], ...filterSteps(lattice, 2, [...kept, map])];
        checkMemory(device, await memoryOf(device, "lattice/", run), first, normalization);
        check(device.bytes - before === taken(device, kept), `${normalization}: ${device.bytes - before} bytes kept`);
        checkMemory(device, await memoryOf(device, "lattice/", run), filterSteps(lattice, 2, [map]), "again");
      }
    },
  },
  {
    name: "a filter of maps beyond a binding has a part of them at a time",
    async run(device) {
      // More vertices than points, and fewer.
      for (const bandwidth of [0.5, 20]) {
        using scope = device.scope();
        const { lattice, values, map } = await given(scope, 300, 28, bandwidth);
        const [points, vertices] = [16 * lattice.points, 16 * (lattice.vertices + 1)];
        const longest = Math.max(points, vertices);
        check(vertices > points === bandwidth < 1, `${lattice.vertices} vertices`);
        // A map that fits is filtered where it is, and of one that does not a part is copied; each by so many quads.
        const whole = (quads: number): Step[] => filterSteps(lattice, quads, [map]);
        const part = (quads: number): Step[] => filterSteps(lattice, quads, [map, points * quads]);
        const split = (most: number): number[] =>
          Array.from({ length: Math.ceil(7 / most) }, (_, i) => Math.min(most, 7 - i * most));
        for (const [bindingBytes, most, step] of [
          [Math.max(map, 7 * vertices), 7, whole],
          [map, Math.min(7, Math.floor(map / vertices)), whole],
          ...(bandwidth < 1
            ? ([
                [5 * vertices, 5, whole],
                [5 * vertices - 1, 4, whole],
              ] as const)
            : []),
          [map - 1, Math.floor((map - 1) / longest), part],
          [3 * longest, 3, part],
          [3 * longest - 1, 2, part],
          [2 * longest, 2, part],
          // What is one byte less no longer holds the pairs of fewer vertices than points.
          ...(bandwidth < 1 ? ([[2 * longest - 1, 1, part]] as const) : []),
        ] as const) {
          const used = await withBindings(device, bindingBytes, () =>
            memoryOf(device, "lattice/", () => filter(values, lattice).dispose()),
          );
          const what = `${lattice.vertices} vertices, ${bindingBytes} bytes`;
          checkMemory(device, used, split(most).flatMap(step), what);
        }
      }
    },
  },
  {
    name: "a lattice that has more vertices than a binding holds is refused, by a filter and by its gradient",
    async run(device) {
      using scope = device.scope();
      const apart = Float32Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? 10 * i + 0.3 : 0.1));
      const lattice = await buildLattice(scope.tensor([60, 2], apart));
      const values = scope.tensor([60, 3]);
      // The map has 960 bytes, the simplices 1440, and a quad of the lattice's map 2896.
      check(lattice.vertices === 180, `${lattice.vertices} vertices`);
      await withBindings(device, 2000, async () => {
        await rejects(() => filter(values, lattice), LimitError);
        await rejects(
          () => featureGradients(lattice, lattice.own, "none", { values, gradient: values }, [true]),
          LimitError,
        );
      });
    },
  },
  {
    name: "gradients of the features of two sets take K·1 where the normalization has it, and no set's that nobody wants",
    async run(device) {
      using scope = device.scope();
      const [own, other] = [30, 50].map((points) => scope.tensor([points, 3], clearPoints(random(points), points, 3)));
      using lattice = await buildLattice(own!, { at: other! });
      const [values, gradient] = [scope.tensor([30, 3]), scope.tensor([50, 3])];
      for (const [normalization, sums] of [
        ["none", 0],
        ["before", 1],
        ["after", 1],
        ["symmetric", 2],
      ] as const) {
        // Of one quad are the maps and K·1: a pair of each has its dot products for the values and for the gradient.
        for (const wanted of [
          [true, false],
          [false, true],
          [true, true],
          [false, false],
        ]) {
          const used = await memoryOf(device, "lattice/", () => {
            for (const one of featureGradients(lattice, lattice.at, normalization, { values, gradient }, wanted))
              one?.dispose();
          });
          const count = (kernel: string): number =>
            used.filter(({ kernel: name }) => name === `lattice/${kernel}`).length;
          const counts = ["normalization.pullback", "slice.dots", "embed.pullback"].map(count).join();
          const embedded = wanted.filter(Boolean).length;
          const expected = embedded === 0 ? [0, 0, 0] : [sums, 2 * (1 + sums), embedded];
          check(counts === expected.join(), `${normalization}, ${wanted.join()}: ${counts}`);
        }
      }
    },
  },
  {
    name: "the gradient of the features has two tables of dot products and one map of the vertices or two",
    async run(device) {
      for (const normalization of normalizations) {
        using scope = device.scope();
        const { lattice, values, map } = await given(scope, 70, 12);
        // So that the normalization's tables are there.
        for (const transpose of [false, true]) filter(values, lattice, { normalization, transpose }).dispose();
        const entries = lattice.points * (lattice.dimensions + 1);
        const dots = [4 * entries, 4 * entries];
        const quad = 16 * lattice.points;
        const sums = normalization === "none" ? [] : [quad, quad];
        const ofSums: readonly Step[] = [
          ["lattice/normalization.pullback", [...dots, ...sums]],
          ...pairSteps(lattice, 1, [...dots, ...sums]),
        ];
        const last: Step = ["lattice/embed.pullback", [...dots, ...sums, 4 * lattice.dimensions, quad]];
        const rows = 16 * (lattice.vertices + 1);
        for (const [bindingBytes, parts] of [
          [device.limits.bindingBytes, [3]],
          [Math.max(map, 3 * rows), [3]],
          [3 * rows - 1, [2, 1]],
          [2 * rows, [2, 1]],
          [2 * rows - 1, [1, 1, 1]],
        ] as const) {
          const used = await withBindings(device, bindingBytes, () =>
            memoryOf(device, "lattice/", () => {
              const gradients = featureGradients(lattice, lattice.own, normalization, { values, gradient: values }, [
                true,
              ]);
              gradients[0]!.dispose();
            }),
          );
          const pairs = parts.flatMap((quads) => pairSteps(lattice, quads, dots));
          const expected = [...pairs, ...(normalization === "none" ? [] : ofSums), last];
          checkMemory(device, used, expected, `${normalization}, ${bindingBytes} bytes`);
        }
      }
    },
  },
];
