/** Filters whose blurs are learned. */
import { taps as kernel, tapsPullback } from "../../build/kernels.ts";
import { ShapeError } from "../../src/errors.ts";
import { filter, normalizations } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { blurringBy, gaussianTaps } from "../../src/lattice/taps.ts";
import { mean } from "../../src/nn/mean.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { add } from "../../src/nn/add.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkMemory, Memory, memoryOf } from "../memory.ts";
import { withBindings } from "../nn/convolutions.ts";
import { referenceFilter, referenceLattice, referenceLatticeAt, type ReferenceTaps } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { checkSlope, inner } from "../slopes.ts";
import { type Case, check, close, random, rejects } from "../suite.ts";

/** Taps of a shape as the reference takes them. */
function tapsOf(shape: readonly number[], values: ArrayLike<number>, channels: number): ReferenceTaps {
  const groups = shape.length === 3 ? shape[1]! : 1;
  return (axis, channel) => {
    const row = shape.length === 1 ? 0 : axis * groups + Math.floor(channel / (channels / groups));
    return [values[row * 3]!, values[row * 3 + 1]!, values[row * 3 + 2]!];
  };
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const cases: Case[] = [
  {
    name: "the kernels take each channel's own taps, forward and reversed, and multiply by what went in, for any vertices and quads",
    async run(device) {
      for (const [vertices, quads, rows] of [
        [1, 1, 1],
        [63, 1, 4],
        [64, 2, 2],
        [37, 3, 3],
        [100, 6, 1],
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(vertices + quads);
        const width = 4 * quads;
        const pairs = Uint32Array.from({ length: 2 * vertices + 2 }, (_, i) =>
          i < 2 * vertices ? numbers.integer(vertices + 1) : vertices,
        );
        const [values, gradient] = [1, 2].map(() =>
          numbers.array((vertices + 1) * width, -1, 1).fill(0, vertices * width),
        ) as [Float32Array, Float32Array];
        const taps = numbers.array(4 * (rows + 1), -1, 1);
        const channelsPerRow = Math.ceil(width / rows);
        const [neighbors, from, of, weights] = [pairs, values, gradient, taps].map((one) => memory.of(one));
        const read = (at: number, i: number): number => values[at * width + (i % width)]!;
        const around = (i: number): [number, number] => {
          const vertex = Math.floor(i / width);
          return [read(pairs[2 * vertex]!, i), read(pairs[2 * vertex + 1]!, i)];
        };
        for (const reversed of [0, 1]) {
          const result = memory.result((vertices + 1) * width);
          const more = { firstRow: 1, channelsPerRow, firstChannel: 0, lastChannel: width - 2, reversed };
          device.run(kernel, {
            neighbors: neighbors!,
            rows: weights!,
            values: from!,
            result,
            vertices,
            quads,
            ...more,
          });
          const expected = Float64Array.from(values, (value, i) => {
            const row = 4 * (1 + Math.floor(Math.min(i % width, width - 2) / channelsPerRow));
            const [first, second] = reversed ? around(i).reverse() : around(i);
            return taps[row]! * first! + taps[row + 1]! * value + taps[row + 2]! * second!;
          });
          close(await memory.floats(result), expected, { absolute: 2 ** -21 }, `${vertices} vertices, ${quads} quads`);
        }
        for (const tap of [0, 1, 2]) {
          const products = memory.result(vertices * width);
          const tables = { neighbors: neighbors!, values: from!, gradient: of!, result: products };
          device.run(tapsPullback, { ...tables, vertices, quads, tap });
          const expected = Float64Array.from({ length: vertices * width }, (_, i) => {
            const [first, second] = around(i);
            return gradient[i]! * [first, values[i]!, second][tap]!;
          });
          close(await memory.floats(products), expected, { relative: 2 ** -23 }, `products of tap ${tap}`);
        }
      }
    },
  },
  ...[1, 2, 5].map((d): Case => ({
    name: `d = ${d}: values, and gradients of taps, values and features, for taps of all shapes, normalizations and both directions`,
    async run(device) {
      const points = 60;
      const data = clearPoints(random(d + 50), points, d, 1);
      const numbers = random(d);
      const channels = 6;
      const [input, g] = [1, 2].map(() => numbers.array(points * channels, -1, 1)) as [Float32Array, Float32Array];
      const shapes = [[3], [d + 1, 3], [d + 1, 2, 3], [d + 1, channels, 3]];
      for (const [i, shape] of shapes.entries()) {
        for (const transpose of [false, true]) {
          const normalization = normalizations[(i + Number(transpose)) % 4]!;
          using scope = device.scope();
          const weights = numbers.array(elements(shape), -0.5, 1);
          const features = scope.tensor([points, d], data);
          const values = scope.tensor([points, channels], input);
          const taps = scope.tensor(shape, weights);
          using tape = new Tape([features, values, taps]);
          using lattice = await buildLattice(features);
          const result = filter(values, lattice, { normalization, transpose, taps });
          const filtered = (f: ArrayLike<number>, v: ArrayLike<number>, t: ArrayLike<number>): Float64Array =>
            referenceFilter(referenceLattice(f, d), v, channels, {
              normalization,
              transpose,
              taps: tapsOf(shape, t, channels),
            });
          const what = `taps [${shape.join()}], ${normalization}, transpose: ${transpose}`;
          close(await result.read(), filtered(data, input, weights), { ofMaximum: 1e-5 }, what);
          const gradients = await tape.gradients(result, scope.tensor([points, channels], g));
          const [ofFeatures, ofValues, ofTaps] = await Promise.all(
            [features, values, taps].map((x) => gradients.get(x)!.read()),
          );
          checkSlope((t) => inner(filtered(data, input, t), g), weights, ofTaps!, numbers, 1e-5, `${what}, taps`);
          checkSlope((v) => inner(filtered(data, v, weights), g), input, ofValues!, numbers, 1e-5, `${what}, values`);
          checkSlope(
            (f) => inner(filtered(f, input, weights), g),
            data,
            ofFeatures!,
            numbers,
            2e-5,
            `${what}, features`,
          );
        }
      }
    },
  })),
  {
    name: "at other points, and with the Gaussian's taps, they are the filters that there were",
    async run(device) {
      using scope = device.scope();
      const d = 2;
      const [own, other] = [clearPoints(random(1), 50, d), clearPoints(random(2), 20, d)];
      const input = random(3).array(150, -1, 1);
      const at = scope.tensor([20, d], other);
      using lattice = await buildLattice(scope.tensor([50, d], own), { at });
      const values = scope.tensor([50, 3], input);
      const weights = random(4).array(9, -0.5, 1);
      const taps = scope.tensor([3, 3], weights);
      using tape = new Tape([taps]);
      const elsewhere = filter(values, lattice, { at: lattice.at, normalization: "after", taps });
      const points = referenceLatticeAt(own, other, d);
      const reference = (given: ArrayLike<number>): Float64Array =>
        referenceFilter(points.own, input, 3, {
          normalization: "after",
          at: points.at,
          taps: tapsOf([3, 3], given, 3),
        });
      close(await elsewhere.read(), reference(weights), { ofMaximum: 1e-5 }, "at other points");
      const g = random(5).array(60, -1, 1);
      const gradients = await tape.gradients(elsewhere, scope.tensor([20, 3], g));
      const loss = (given: Float64Array): number => inner(reference(given), g);
      checkSlope(loss, weights, await gradients.get(taps)!.read(), random(6), 1e-5, "taps at other points");
      const usual = await filter(values, lattice).read();
      for (const shape of [[3], [3, 3], [3, 1, 3]]) {
        const same = scope.tensor(
          shape,
          Array.from({ length: elements(shape) }, (_, i) => gaussianTaps[i % 3]!),
        );
        const learned = filter(values, lattice, { taps: same });
        close(await learned.read(), usual, { ofMaximum: 1e-6 }, `taps [${shape.join()}] of the Gaussian`);
      }
    },
  },
  {
    name: "maps beyond a binding are gone through by parts, each by the taps of its channels",
    async run(device) {
      const [points, channels, d] = [400, 10, 2];
      const data = clearPoints(random(60), points, d);
      const numbers = random(61);
      const [input, g] = [1, 2].map(() => numbers.array(points * channels, -1, 1)) as [Float32Array, Float32Array];
      const shape = [d + 1, channels, 3];
      const weights = numbers.array(elements(shape), -0.5, 1);
      using scope = device.scope();
      const values = scope.tensor([points, channels], input);
      const taps = scope.tensor(shape, weights);
      const seed = scope.tensor([points, channels], g);
      using tape = new Tape([values, taps]);
      using lattice = await buildLattice(scope.tensor([points, d], data));
      // The pairs of points and vertices fit, and one of the three quads of the points.
      const bindingBytes = 8 * points * (d + 1);
      check(16 * (lattice.vertices + 1) < bindingBytes && bindingBytes < 32 * points, `${lattice.vertices} vertices`);
      await withBindings(device, bindingBytes, async () => {
        const result = filter(values, lattice, { taps });
        const reference = (t: ArrayLike<number>): Float64Array =>
          referenceFilter(referenceLattice(data, d), input, channels, { taps: tapsOf(shape, t, channels) });
        close(await result.read(), reference(weights), { ofMaximum: 1e-5 }, "values");
        const gradients = await tape.gradients(result, seed);
        const gradient = await gradients.get(taps)!.read();
        checkSlope((t) => inner(reference(t), g), weights, gradient, numbers, 1e-5, "taps");
      });
    },
  },
  {
    name: "the gradient of features goes through maps of the vertices beyond a binding by parts, each by the taps of its channels",
    async run(device) {
      using scope = device.scope();
      const [points, channels, d] = [40, 10, 2];
      const features = scope.tensor([points, d], random(62).array(points * d, 0, 40));
      const [values, seed] = [63, 64].map((i) =>
        scope.tensor([points, channels], random(i).array(points * channels, -1, 1)),
      ) as [Tensor, Tensor];
      const taps = scope.tensor([d + 1, channels, 3], random(65).array((d + 1) * channels * 3, -0.5, 1));
      const gradientWithin = async (quads: number): Promise<Float32Array> => {
        using tape = new Tape([features]);
        using lattice = await buildLattice(features);
        const row = 16 * (lattice.vertices + 1);
        // A map of the points, which the gradient takes as a whole, has three quads.
        check(row <= 48 * points && 48 * points < 2 * row, `${lattice.vertices} vertices`);
        return await withBindings(device, Math.max(quads * row, 48 * points), async () => {
          const gradients = await tape.gradients(filter(values, lattice, { taps }), seed);
          return await gradients.get(features)!.read();
        });
      };
      close(await gradientWithin(1), await gradientWithin(3), { ofMaximum: 1e-6 }, "features");
    },
  },
  {
    name: "their gradient keeps what went into each blur, of as many channels as a binding holds of all vertices",
    async run(device) {
      using scope = device.scope();
      const [points, channels, d] = [130, 10, 2];
      using lattice = await buildLattice(scope.tensor([points, d], random(60).array(points * d, 0, 18)));
      const maps = { values: scope.tensor([points, channels]), gradient: scope.tensor([points, channels]) };
      const { gradient } = blurringBy("test", scope.tensor([d + 1, 3]), lattice, channels);
      const [map, rows] = [48 * points, 16 * (lattice.vertices + 1)];
      // More vertices than points, so that a map of two quads of them is larger than one of three of the points.
      check(rows > 16 * points && 2 * rows > map && rows < map, `${lattice.vertices} vertices`);
      for (const [bindingBytes, parts] of [
        [3 * rows, [3]],
        [3 * rows - 1, [2, 1]],
        [2 * rows, [2, 1]],
        [2 * rows - 1, [1, 1, 1]],
        [map, [1, 1, 1]],
        [map - 1, [1, 1, 1]],
      ] as const) {
        const used = await withBindings(device, bindingBytes, () =>
          memoryOf(device, "lattice/taps", async () => (await gradient(lattice.own, "none", maps)).dispose()),
        );
        const steps = parts.flatMap((quads) => {
          // Three sums an axis, each where a binding may begin; the channels of both maps, where a map is larger than a binding.
          const sums = 3 * (d + 1) * Math.max(device.limits.alignment, 16 * quads);
          const copies = bindingBytes < map ? [16 * quads * points, 16 * quads * points] : [];
          const before = [sums, ...copies, quads * rows];
          const all = [...before, ...Array<number>(d + 1).fill(quads * rows), quads * (rows - 16)];
          const forward = Array.from({ length: d }, (_, axis) => {
            return ["lattice/taps", [...before, ...Array<number>(axis + 1).fill(quads * rows)]] as const;
          });
          const back = Array.from({ length: d + 1 }, (_, i) => [
            ...Array.from({ length: 3 }, () => ["lattice/taps.pullback", all] as const),
            ...(i < d ? [["lattice/taps", all] as const] : []),
          ]);
          return [...forward, ...back.flat()];
        });
        checkMemory(device, used, steps, `${bindingBytes} bytes`);
      }
    },
  },
  {
    name: "training them brings a filter to what other taps make",
    async run(device) {
      using scope = device.scope();
      const d = 2;
      using lattice = await buildLattice(scope.tensor([80, d], random(1).array(160, 0, 4)));
      const values = scope.tensor([80, 2], random(2).array(160, -1, 1));
      const target = filter(values, lattice, { taps: scope.tensor([3], [0.1, 0.8, 0.4]) });
      const taps = scope.tensor([3], gaussianTaps);
      const step = scope.add(sgd({ taps }, { rate: 0.05, momentum: 0.5 }));
      const losses: number[] = [];
      for (let i = 0; i < 60; i++) {
        using inner = device.scope();
        using tape = new Tape([taps]);
        const minus = inner.add(multiply(target, inner.tensor(target.shape, new Float32Array(160).fill(-1))));
        const apart = inner.add(add(inner.add(filter(values, lattice, { taps })), minus));
        const loss = inner.add(mean(inner.add(multiply(apart, apart))));
        losses.push((await loss.read())[0]!);
        step(await tape.gradients(loss));
      }
      check(losses.at(-1)! < 1e-3 * losses[0]!, `losses ${losses[0]} … ${losses.at(-1)}`);
    },
  },
  {
    name: "taps of other shapes are refused in a sentence",
    async run(device) {
      using scope = device.scope();
      using lattice = await buildLattice(scope.tensor([10, 2], random(1).array(20)));
      const values = scope.tensor([10, 6]);
      for (const shape of [[4], [2, 3], [3, 4], [3, 4, 3], [1, 3, 2, 3], [3, 2, 1, 3]]) {
        const { message } = await rejects(async () => {
          await filter(values, lattice, { taps: scope.tensor(shape) }).read();
        }, ShapeError);
        check(message.includes("taps [3], [3, 3] or [3, groups, 3] with groups of as many of 6 channels"), message);
      }
    },
  },
];
