/** Lattices with two sets of points: values are splatted at one and sliced at the other. */
import type { Device } from "../../src/device/device.ts";
import { type CrfRnnError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { filter, normalizations } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { referenceFilter, referenceLatticeAt } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { checkSlope, inner } from "../slopes.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";
import { readWords } from "./tables.ts";

/** The tolerance of the goldens, as for filters of one set. */
const tolerance = { ofMaximum: 1e-5 };

const eachFilter = normalizations.flatMap((normalization) =>
  [false, true].map((transpose) => ({ normalization, transpose })),
);

/** A lattice of `own` points, with `at` others. */
async function latticeOf(device: Device, own: Float32Array, at: Float32Array, d: number) {
  using features = device.tensor([own.length / d, d], own);
  using others = device.tensor([at.length / d, d], at);
  return await buildLattice(features, { at: others });
}

export const cases: Case[] = [
  ...[1, 2, 3, 5, 8].map((d): Case => ({
    name: `d = ${d}: the reference's values in all four normalizations, forward and transposed`,
    async run(device) {
      const channels = [1, 3, 4, 5][d % 4]!;
      const [points, others] = [70, 150];
      const numbers = random(d);
      const [own, at] = [clearPoints(numbers, points, d), clearPoints(numbers, others, d)];
      using lattice = await latticeOf(device, own, at, d);
      const reference = referenceLatticeAt(own, at, d);
      check(
        lattice.points === points && lattice.at.points === others,
        `${lattice.points}, ${lattice.at.points} points`,
      );
      check(lattice.vertices === reference.own.keys.length, `${lattice.vertices} vertices`);
      for (const options of eachFilter) {
        const [from, to] = options.transpose ? [others, points] : [points, others];
        const input = numbers.array(from * channels, -1, 1);
        using values = device.tensor([from, channels], input);
        using result = filter(values, lattice, { ...options, at: lattice.at });
        check(result.shape.join() === `${to},${channels}`, `shape ${result.shape.join()}`);
        const expected = referenceFilter(reference.own, input, channels, { ...options, at: reference.at });
        close(await result.read(), expected, tolerance, JSON.stringify(options));
      }
    },
  })),
  {
    name: "⟨Kx, y⟩ = ⟨x, Kᵀy⟩ in all four normalizations",
    async run(device) {
      for (const d of [2, 5]) {
        const numbers = random(d);
        using lattice = await latticeOf(device, numbers.array(120 * d, -3, 3), numbers.array(400 * d, -3, 3), d);
        const [x, y] = [numbers.array(120 * 3, -1, 1), numbers.array(400 * 3, -1, 1)];
        using left = device.tensor([120, 3], x);
        using right = device.tensor([400, 3], y);
        const { at } = lattice;
        for (const normalization of normalizations) {
          using forward = filter(left, lattice, { normalization, at });
          using adjoint = filter(right, lattice, { normalization, at, transpose: true });
          const [kx, ky] = [await forward.read(), await adjoint.read()];
          // Signs cancel in the sum, so it is compared with the sum of magnitudes.
          const magnitude = inner(kx.map(Math.abs), y.map(Math.abs));
          const difference = Math.abs(inner(kx, y) - inner(x, ky)) / magnitude;
          check(difference < 1e-6, `${normalization}, d = ${d}: off by ${difference} of the sum`);
        }
      }
    },
  },
  ...[1, 2, 5].map((d): Case => ({
    name: `d = ${d}: gradients of values and of both sets of features, in all four normalizations, forward and transposed`,
    async run(device) {
      const [points, others, channels] = [30, 50, [1, 3, 4, 5][d % 4]!];
      const numbers = random(d + 40);
      const [own, at] = [clearPoints(numbers, points, d, 1), clearPoints(numbers, others, d, 1)];
      for (const options of eachFilter) {
        using scope = device.scope();
        const [from, to] = options.transpose ? [others, points] : [points, others];
        const [input, g] = [numbers.array(from * channels, -1, 1), numbers.array(to * channels, -1, 1)];
        const features = scope.tensor([points, d], own);
        const otherFeatures = scope.tensor([others, d], at);
        const values = scope.tensor([from, channels], input);
        const tape = new Tape([features, otherFeatures, values]);
        using lattice = await buildLattice(features, { at: otherFeatures });
        const result = filter(values, lattice, { ...options, at: lattice.at });
        const gradients = await tape.gradients(result, scope.tensor([to, channels], g));
        const loss = (f: ArrayLike<number>, o: ArrayLike<number>, v: ArrayLike<number>): number => {
          const reference = referenceLatticeAt(f, o, d);
          return inner(referenceFilter(reference.own, v, channels, { ...options, at: reference.at }), g);
        };
        const what = JSON.stringify(options);
        const of = (tensor: Tensor): Promise<Float32Array> => gradients.get(tensor)!.read();
        checkSlope((v) => loss(own, at, v), input, await of(values), numbers, 1e-5, `${what}, values`);
        checkSlope((f) => loss(f, at, input), own, await of(features), numbers, 1e-5, `${what}, own features`);
        checkSlope((o) => loss(own, o, input), at, await of(otherFeatures), numbers, 1e-5, `${what}, other features`);
      }
    },
  })),
  {
    name: "at the same points results and gradients of values are to the bit those of a lattice without others",
    async run(device) {
      const d = 5;
      const [data, input] = [clearPoints(random(7), 90, d), random(8).array(270, -1, 1)];
      for (const options of eachFilter) {
        using scope = device.scope();
        const seed = scope.tensor([90, 3], random(9).array(270, -1, 1));
        const run = async (twice: boolean) => {
          const features = scope.tensor([90, d], data);
          const values = scope.tensor([90, 3], input);
          const tape = new Tape([features, values]);
          using lattice = await buildLattice(features, twice ? { at: features } : {});
          const result = filter(values, lattice, { ...options, at: lattice.at ?? lattice.own });
          const gradients = await tape.gradients(result, seed);
          return {
            result,
            vertices: lattice.vertices,
            ...{ values: gradients.get(values)!, features: gradients.get(features)! },
          };
        };
        const [one, two] = [await run(false), await run(true)];
        const what = JSON.stringify(options);
        check(one.vertices === two.vertices, `${one.vertices} and ${two.vertices} vertices`);
        same(await two.result.read(), await one.result.read(), `${what}: result`);
        same(await two.values.read(), await one.values.read(), `${what}: gradient of the values`);
        // A point that stands in both sets has the sum of two gradients, which were one sum before.
        close(await two.features.read(), await one.features.read(), { ofMaximum: 1e-5 }, `${what}: of the features`);
      }
    },
  },
  {
    name: "a batch gives each image what it gets alone",
    async run(device) {
      const d = 3;
      const [own, at] = [clearPoints(random(9), 2 * 40, d), clearPoints(random(10), 2 * 70, d)];
      const input = random(11).array(2 * 40 * 3);
      using features = device.tensor([2, 40, d], own);
      using others = device.tensor([2, 70, d], at);
      using lattice = await buildLattice(features, { at: others });
      using values = device.tensor([2, 40, 3], input);
      using both = filter(values, lattice, { normalization: "symmetric", at: lattice.at });
      check(both.shape.join() === "2,70,3", `shape ${both.shape.join()}`);
      const all = await both.read();
      for (const image of [0, 1]) {
        const part = (data: Float32Array, count: number) => data.subarray(image * count, (image + 1) * count);
        using alone = await latticeOf(device, part(own, 40 * d), part(at, 70 * d), d);
        using map = device.tensor([40, 3], part(input, 120));
        using result = filter(map, alone, { normalization: "symmetric", at: alone.at });
        same(part(all, 210), await result.read(), `image ${image}`);
      }
    },
  },
  {
    name: "sets of one point, sets that are apart, and sets around a workgroup",
    async run(device) {
      for (const [points, others, shift] of [
        [1, 1, 0],
        [1, 65, 0],
        [64, 1, 0],
        [63, 129, 1],
        [20, 30, 500],
      ] as const) {
        const own = clearPoints(random(points), points, 3);
        const at = clearPoints(random(others + 500), others, 3).map((x) => x + shift);
        const input = random(3).array(points * 6, -1, 1);
        using lattice = await latticeOf(device, own, at, 3);
        using values = device.tensor([points, 6], input);
        const reference = referenceLatticeAt(own, at, 3);
        for (const normalization of normalizations) {
          using result = filter(values, lattice, { normalization, at: lattice.at });
          const expected = referenceFilter(reference.own, input, 6, { normalization, at: reference.at });
          const what = `${normalization}: ${points} points, ${others} others`;
          close(await result.read(), expected, { ofMaximum: 1e-5, absolute: 1e-30 }, what);
          // What no point is near gets zeros, and not 0/0.
          if (shift === 500) same(expected, new Float64Array(expected.length), what);
          const raw = new Float32Array(await device.read(result.storage));
          check(
            raw.every((value, i) => i % 8 < 6 || value === 0),
            `${what}: padding`,
          );
        }
      }
    },
  },
  {
    name: "the own points can be sliced, too; the vertices of the others are between them then",
    async run(device) {
      const [own, at] = [clearPoints(random(1), 60, 2), clearPoints(random(2), 90, 2)];
      const input = random(3).array(60, -1, 1);
      using lattice = await latticeOf(device, own, at, 2);
      using values = device.tensor([60, 1], input);
      const reference = referenceLatticeAt(own, at, 2);
      for (const options of [{}, { at: lattice.own }]) {
        using result = filter(values, lattice, { ...options, normalization: "after" });
        close(
          await result.read(),
          referenceFilter(reference.own, input, 1, { normalization: "after" }),
          tolerance,
          "own",
        );
      }
    },
  },
  {
    name: "tables of the other points are made on first use, kept, and freed with the lattice",
    async run(device) {
      const [own, at] = [clearPoints(random(1), 20, 2), clearPoints(random(2), 50, 2)];
      using small = device.tensor([20, 2]);
      using large = device.tensor([50, 2]);
      const before = device.bytes;
      const lattice = await latticeOf(device, own, at, 2);
      const built = device.bytes;
      const use = (): number => {
        filter(small, lattice, { at: lattice.at, normalization: "symmetric" }).dispose();
        filter(large, lattice, { at: lattice.at, transpose: true }).dispose();
        return device.bytes;
      };
      const used = use();
      check(used > built, "tables were kept");
      check(use() === used, "and used again");
      lattice.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "without other points, a lattice runs the kernels that it ran before there were any",
    async run(device) {
      const data = clearPoints(random(1), 50, 3);
      using features = device.tensor([50, 3], data);
      const kernels: string[] = [];
      {
        using _observation = device.observe({ before: ({ kernel }) => void kernels.push(kernel.id) });
        using lattice = await buildLattice(features);
        check(lattice.at === undefined, "no other points");
        check(!kernels.includes("incidenceEntries"), kernels.join());
        const wasm = device.kind === "wasm";
        const names = wasm ? ["packedEmbed", "incidenceCount", "fill"] : ["embed", "hashFind", "fill"];
        const counted = names.map((name) => kernels.filter((id) => id === name).length);
        check(counted.join() === (wasm ? "1,1,3" : "1,1,1"), kernels.join());
        // Every vertex has a point, so that no list is empty.
        const offsets = await readWords(device, lattice.parts.incidence.offsets);
        check(
          offsets.subarray(1, -1).every((offset, vertex) => offset > offsets[vertex]!),
          "lists",
        );
      }
    },
  },
  {
    name: "other points that do not fit, and points of another lattice, are refused by name",
    async run(device) {
      using scope = device.scope();
      const features = scope.tensor([20, 2], clearPoints(random(1), 20, 2));
      const others = scope.tensor([30, 2], clearPoints(random(2), 30, 2));
      const lattice = await buildLattice(features, { at: others });
      const alone = await buildLattice(features);
      const values = scope.tensor([20, 3]);
      const broken = (point: number, value: number): Tensor => {
        const data = new Float32Array(60).fill(0.3);
        data[2 * point + 1] = value;
        return scope.tensor([30, 2], data);
      };
      const wrong: readonly (readonly [() => unknown, abstract new (...args: never[]) => CrfRnnError, string])[] = [
        [
          () => buildLattice(features, { at: scope.tensor([30, 3]) }),
          ShapeError,
          "features of other points [m, 2], got [30, 3]",
        ],
        [() => buildLattice(features, { at: scope.tensor([1, 30, 2]) }), ShapeError, "[m, 2], got [1, 30, 2]"],
        [
          () => buildLattice(scope.tensor([2, 20, 2]), { at: scope.tensor([3, 30, 2]) }),
          ShapeError,
          "features of other points [2, m, 2], got [3, 30, 2]",
        ],
        [() => buildLattice(features, { at: {} as Tensor }), ValueError, "buildLattice: expected a tensor as at"],
        [() => buildLattice(features, { at: broken(17, NaN) }), ValueError, "got NaN as feature 1 of other point 17"],
        [() => buildLattice(features, { at: broken(0, NaN) }), ValueError, "got NaN as feature 1 of other point 0"],
        [() => buildLattice(features, { at: broken(3, 1e9) }), LimitError, "feature 1 of other point 3 is 1000000000"],
        [() => filter(values, alone, { at: lattice.at }), ValueError, "got points of another lattice"],
        [
          () => filter(values, alone, { at: others as never }),
          ValueError,
          "lattice.at or lattice.own of the same lattice as at, got tensor",
        ],
        [() => filter(values, alone, { at: null as never }), ValueError, "got null"],
        [
          () => filter(values, lattice, { at: lattice.at, transpose: true }),
          ShapeError,
          "30 rows of values, the lattice's other points, got [20, 3]",
        ],
        [() => filter(scope.tensor([30, 3]), lattice, { at: lattice.at }), ShapeError, "20 rows of values"],
      ];
      for (const [call, kind, text] of wrong) {
        const { message } = await rejects<CrfRnnError>(async () => call(), kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      }
    },
  },
];
