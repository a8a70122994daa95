import { crfRnn } from "../../src/crf/crfRnn.ts";
import { addSlices, blurred } from "../../src/crf/onVertices.ts";
import type { Device } from "../../src/device/device.ts";
import { bilateralFeatures, spatialFeatures } from "../../src/lattice/features.ts";
import { filter, normalizations } from "../../src/lattice/filter.ts";
import { buildLattice, type Lattice } from "../../src/lattice/lattice.ts";
import { sliceFactor } from "../../src/lattice/slice.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { taken } from "../memory.ts";
import { type Case, check, close, random } from "../suite.ts";

const [height, width] = [24, 30];
const points = height * width;

/** A photograph of soft ramps, so that a simplex has many points, and both kinds of lattices of it. */
async function lattices(device: Device): Promise<{ readonly near: Lattice; readonly like: Lattice }> {
  using guide = softGuide(device);
  using features = bilateralFeatures(guide, { position: 20, color: 20 });
  using positions = spatialFeatures(device, [height, width], { position: 3 });
  return { near: await buildLattice(positions), like: await buildLattice(features) };
}

const softGuide = (device: Device): Tensor =>
  device.tensor(
    [height, width, 3],
    Float32Array.from({ length: points * 3 }, (_, i) => (Math.floor(i / 3) % width) * 2 + (i % 3) * 20),
  );

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

const lengthOf = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

export const cases: Case[] = [
  {
    name: "both parts together are the filters, in every normalization",
    async run(device) {
      using scope = device.scope();
      const { near, like } = await lattices(device);
      for (const normalization of normalizations) {
        for (const channels of [2, 5]) {
          const numbers = random(channels);
          const unary = scope.tensor([points, channels], numbers.array(points * channels, -1, 1));
          const values = scope.tensor([points, channels], numbers.array(points * channels, 0, 1));
          const [ofNear, ofLike] = [near, like].map((lattice) =>
            scope.add(blurred(values, lattice, normalization)),
          ) as [Tensor, Tensor];
          const sum = addSlices(
            unary,
            { lattice: near, values: ofNear },
            { lattice: like, values: ofLike },
            normalization,
          );
          const parts = await Promise.all(
            [near, like].map(async (lattice) => {
              const filtered = scope.add(filter(values, lattice, { normalization }));
              const data = await filtered.read();
              return data.map((value) => value / sliceFactor(lattice.dimensions));
            }),
          );
          const expected = (await unary.read()).map((value, i) => value + parts[0]![i]! + parts[1]![i]!);
          const largest = Math.max(...expected.map(Math.abs));
          // Both sum the same numbers; the factor and the sums are rounded in another order, a few times.
          close(
            await scope.add(sum).read(),
            expected,
            { absolute: largest * 2 ** -20 },
            `${normalization}, ${channels} channels`,
          );
        }
      }
      near.dispose();
      like.dispose();
    },
  },
  {
    name: "their gradients are their adjoints, in every normalization",
    async run(device) {
      using scope = device.scope();
      const { near, like } = await lattices(device);
      const channels = 3;
      for (const normalization of normalizations) {
        const numbers = random(7);
        for (const lattice of [near, like]) {
          const values = scope.tensor([points, channels], numbers.array(points * channels, 0, 1));
          const tape = new Tape([values]);
          const result = scope.add(blurred(values, lattice, normalization));
          const seed = zeroLast(numbers.array((lattice.vertices + 1) * channels, -1, 1), channels);
          const gradients = await tape.gradients(result, scope.tensor(result.shape, seed));
          const back = await scope.add(gradients.get(values)!).read();
          adjoint([await result.read(), seed], [await values.read(), back], `${normalization}, first part`);
        }
        const [unary, a, b] = [points, near.vertices + 1, like.vertices + 1].map((rows) =>
          scope.tensor(
            [rows, channels],
            zeroLast(numbers.array(rows * channels, -1, 1), rows === points ? 0 : channels),
          ),
        ) as [Tensor, Tensor, Tensor];
        const tape = new Tape([unary, a, b]);
        const result = scope.add(
          addSlices(unary, { lattice: near, values: a }, { lattice: like, values: b }, normalization),
        );
        const seed = numbers.array(points * channels, -1, 1);
        const gradients = await tape.gradients(result, scope.tensor([points, channels], seed));
        const given = await Promise.all([unary, a, b].map((one) => one.read()));
        const back = await Promise.all([unary, a, b].map((one) => scope.add(gradients.get(one)!).read()));
        const joined = (parts: readonly Float32Array[]) => parts.flatMap((part) => [...part]);
        adjoint([await result.read(), seed], [joined(given), joined(back)], `${normalization}, second part`);
        close(back[0]!, seed, { absolute: 0 }, "the unary's gradient is the result's");
      }
      near.dispose();
      like.dispose();
    },
  },
  {
    name: "of what is not watched no gradient is computed, and nothing but the lattices is kept",
    async run(device) {
      using scope = device.scope();
      const { near, like } = await lattices(device);
      const rows = near.vertices + 1;
      const [unary, a, b] = [points, rows, like.vertices + 1].map((count) => scope.tensor([count, 4])) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      // Makes the tables of the filters and of their adjoints, which stay with the lattices.
      for (const lattice of [near, like]) filter(unary, lattice, { transpose: true }).dispose();
      const before = device.bytes;
      const tape = new Tape([a]);
      const result = addSlices(unary, { lattice: near, values: a }, { lattice: like, values: b }, "none");
      check(
        device.bytes === before + taken(device, [result.storage.bytes]),
        `${device.bytes - before} bytes in use after the second part`,
      );
      const gradients = await tape.gradients(result, unary);
      check(gradients.size === 1 && gradients.get(a)!.rows === rows, `${gradients.size} gradients`);
      result.dispose();
      for (const one of gradients.values()) one.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      near.dispose();
      like.dispose();
    },
  },
  {
    name: "a layer learns by rows of vertices what it learns by rows of points, tied and untied",
    async run(device) {
      using scope = device.scope();
      const classes = 3;
      const numbers = random(5);
      const guide = scope.add(softGuide(device));
      const unary = scope.tensor([height, width, classes], numbers.array(points * classes, -2, 2));
      const seed = scope.tensor(unary.shape, numbers.array(points * classes, -1, 1));
      const weights = [0, 1, 2].map(() => numbers.array(classes ** 2, 0.1, 1));
      for (const tied of [true, false]) {
        const results = [];
        for (const bandwidths of [false, true]) {
          // Gradients of the bandwidths take those of each filter's result, so that such a layer multiplies rows of points.
          const layer = crfRnn(device, {
            classes,
            iterations: 2,
            tied,
            bilateral: { position: 20, color: 20, weight: weights[0] },
            spatial: { position: 3, weight: weights[1] },
            compatibility: weights[2],
            learn: { bandwidths },
          });
          const { spatialWeight, bilateralWeight, compatibility } = layer.parameters;
          const watched = [unary, spatialWeight, bilateralWeight, compatibility];
          const ran: string[] = [];
          const observing = device.observe({ before: ({ kernel }) => void ran.push(kernel.id) });
          const tape = new Tape([...watched, ...(bandwidths ? [layer.parameters.bandwidths] : [])]);
          const refined = scope.add(await layer(unary, guide));
          observing[Symbol.dispose]();
          check(ran.includes("update") === !bandwidths, `updates among the kernels: ${ran.includes("update")}`);
          const gradients = await tape.gradients(refined, seed);
          results.push([refined, ...watched.map((one) => scope.add(gradients.get(one)!))]);
          gradients.get(layer.parameters.bandwidths)?.dispose();
          layer.dispose();
        }
        const [byVertices, byPoints] = results as [Tensor[], Tensor[]];
        for (const [i, tensor] of byVertices.entries()) {
          const expected = await byPoints[i]!.read();
          const absolute = Math.max(...expected.map(Math.abs)) * 2 ** -18;
          close(
            await tensor.read(),
            expected,
            { absolute },
            `${tied ? "tied" : "untied"}, ${i} of logits and gradients`,
          );
        }
      }
    },
  },
  {
    name: "a layer multiplies rows of points where these are fewer",
    async run(device) {
      using scope = device.scope();
      const numbers = random(9);
      const guide = scope.tensor([height, width, 3], numbers.array(points * 3, 0, 255));
      const unary = scope.tensor([height, width, 2], numbers.array(points * 2, -2, 2));
      const layer = crfRnn(device, { classes: 2, iterations: 1, bilateral: { position: 3, color: 3 } });
      const ran: string[] = [];
      const observing = device.observe({ before: ({ kernel }) => void ran.push(kernel.id) });
      const tape = new Tape([unary]);
      scope.add(await layer(unary, guide));
      tape.dispose();
      observing[Symbol.dispose]();
      check(!ran.includes("update") && ran.includes("slice"), `the kernels that ran: ${[...new Set(ran)].join(", ")}`);
      layer.dispose();
    },
  },
];

/** Row `vertices` of values of vertices is zero. */
function zeroLast(data: Float32Array, channels: number): Float32Array {
  return channels === 0 ? data : data.fill(0, data.length - channels);
}

/** Checks ⟨A x, g⟩ = ⟨x, Aᵀ g⟩ up to what float32 leaves of sums of so many products. */
function adjoint(
  [result, seed]: readonly [ArrayLike<number>, ArrayLike<number>],
  [given, back]: readonly [ArrayLike<number>, ArrayLike<number>],
  what: string,
): void {
  const difference = Math.abs(dot(result, seed) - dot(given, back));
  const scale = lengthOf(result) * lengthOf(seed);
  check(difference < scale * 2 ** -20, `${what}: ⟨A x, g⟩ and ⟨x, Aᵀ g⟩ differ by ${difference}, of ${scale}`);
}
