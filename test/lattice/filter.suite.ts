import { filter, normalizations } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { referenceFilter, referenceLattice } from "../reference/lattice.ts";
import { clearPoints } from "../reference/points.ts";
import { open } from "../../src/device/open.ts";
import { AbortError, type CrfRnnError, DeviceError, ShapeError, ValueError } from "../../src/errors.ts";
import { memoryOf } from "../memory.ts";
import { scale } from "../../src/nn/scale.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkSlope, inner } from "../slopes.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

/** The tolerance of the goldens: ten times what float32 and float64 were measured to differ by. */
const tolerance = { ofMaximum: 1e-5 };

type Refusal = abstract new (...args: never[]) => CrfRnnError;

export const cases: Case[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 15].map((d): Case => ({
    name: `d = ${d}: the reference's values in all four normalizations, forward and transposed`,
    async run(device) {
      const channels = [1, 3, 4, 5][d % 4]!;
      const data = clearPoints(random(d), 120, d);
      const input = random(d + 100).array(120 * channels, -1, 1);
      using features = device.tensor([120, d], data);
      using lattice = await buildLattice(features);
      using values = device.tensor([120, channels], input);
      const reference = referenceLattice(data, d);
      for (const normalization of normalizations) {
        for (const transpose of [false, true]) {
          const options = { normalization, transpose };
          using result = filter(values, lattice, options);
          const expected = referenceFilter(reference, input, channels, options);
          close(await result.read(), expected, tolerance, `${normalization}, transpose: ${transpose}`);
        }
      }
    },
  })),
  ...[1, 2, 3, 5, 8].map((d): Case => ({
    name: `d = ${d}: gradients of values and features, in all four normalizations, forward and transposed`,
    async run(device) {
      const [points, channels] = [60, [1, 3, 4, 5][d % 4]];
      const numbers = random(d + 40);
      const data = clearPoints(numbers, points, d, 1);
      const [input, g] = [1, 2].map(() => numbers.array(points * channels!, -1, 1)) as [Float32Array, Float32Array];
      for (const normalization of normalizations) {
        for (const transpose of [false, true]) {
          using scope = device.scope();
          const options = { normalization, transpose };
          const features = scope.tensor([points, d], data);
          const values = scope.tensor([points, channels!], input);
          const tape = new Tape([features, values]);
          using lattice = await buildLattice(features);
          const result = filter(values, lattice, options);
          const gradients = await tape.gradients(result, scope.tensor([points, channels!], g));
          const loss = (f: ArrayLike<number>, v: ArrayLike<number>): number =>
            inner(referenceFilter(referenceLattice(f, d), v, channels!, options), g);
          const what = `${normalization}, transpose: ${transpose}`;
          const [ofValues, ofFeatures] = (await Promise.all(
            [values, features].map((x) => gradients.get(x)!.read()),
          )) as [Float32Array, Float32Array];
          checkSlope((v) => loss(data, v), input, ofValues, numbers, 1e-5, `${what}, values`);
          checkSlope((f) => loss(f, input), data, ofFeatures, numbers, 1e-5, `${what}, features`);
        }
      }
    },
  })),
  {
    name: "⟨Kx, y⟩ = ⟨x, Kᵀy⟩ in all four normalizations",
    async run(device) {
      for (const d of [2, 5]) {
        using features = device.tensor([500, d], random(d).array(500 * d, -3, 3));
        using lattice = await buildLattice(features);
        // Signs cancel in the sum, so it is compared with the sum of magnitudes.
        const [x, y] = [1, 2].map((seed) => random(seed).array(500 * 3, -1, 1)) as [Float32Array, Float32Array];
        using left = device.tensor([500, 3], x);
        using right = device.tensor([500, 3], y);
        for (const normalization of normalizations) {
          using forward = filter(left, lattice, { normalization });
          using adjoint = filter(right, lattice, { normalization, transpose: true });
          const [kx, ky] = [await forward.read(), await adjoint.read()];
          const magnitude = inner(kx.map(Math.abs), y.map(Math.abs));
          const difference = Math.abs(inner(kx, y) - inner(x, ky)) / magnitude;
          check(difference < 1e-6, `${normalization}, d = ${d}: off by ${difference} of the sum`);
          // K is not symmetric: the blur's axes do not commute on a sparse lattice.
          using wrong = filter(right, lattice, { normalization: "none" });
          using plain = filter(left, lattice, { normalization: "none" });
          const backward = inner(x, await wrong.read()) - inner(await plain.read(), y);
          check(Math.abs(backward) / magnitude > 1e-5, "the forward order taken for the adjoint would not be noticed");
        }
      }
    },
  },
  {
    name: "sizes around a workgroup, and quads 1, 2, 5, 6, 7 and 17",
    async run(device) {
      for (const [points, channels] of [
        [1, 1],
        [63, 5],
        [64, 20],
        [65, 21],
        [66, 28],
        [20, 68],
      ] as const) {
        const data = clearPoints(random(points), points, 3);
        const input = random(channels).array(points * channels, -1, 1);
        using features = device.tensor([points, 3], data);
        using lattice = await buildLattice(features);
        using values = device.tensor([points, channels], input);
        using result = filter(values, lattice, { normalization: "symmetric" });
        const options = { normalization: "symmetric" } as const;
        const expected = referenceFilter(referenceLattice(data, 3), input, channels, options);
        close(await result.read(), expected, tolerance, `${points} points of ${channels} channels`);
        // Every op relies on zeros in the padding.
        const raw = new Float32Array(await device.read(result.storage));
        const stride = raw.length / points;
        check(
          raw.every((value, i) => i % stride < channels || value === 0),
          `${channels} channels: padding`,
        );
      }
    },
  },
  {
    name: "points that are all the same, and points that come twice",
    async run(device) {
      const row = clearPoints(random(3), 1, 5);
      const few = clearPoints(random(4), 40, 5);
      for (const data of [
        Float32Array.from({ length: 5000 * 5 }, (_, i) => row[i % 5]!),
        Float32Array.of(...few, ...few),
      ] as const) {
        const points = data.length / 5;
        const input = random(points).array(points * 2, 0, 1);
        using features = device.tensor([points, 5], data);
        using lattice = await buildLattice(features);
        using values = device.tensor([points, 2], input);
        using result = filter(values, lattice, { normalization: "after" });
        const expected = referenceFilter(referenceLattice(data, 5), input, 2, { normalization: "after" });
        // Sums of up to 5000 positive terms in a row, whose roundings mostly cancel.
        close(await result.read(), expected, { ofMaximum: 5e-5 }, `${points} points`);
      }
    },
  },
  {
    name: "a batch gives each image what it gets alone",
    async run(device) {
      const data = clearPoints(random(9), 2 * 90, 5);
      const input = random(10).array(2 * 90 * 3);
      using features = device.tensor([2, 90, 5], data);
      using lattice = await buildLattice(features);
      using values = device.tensor([2, 90, 3], input);
      using both = filter(values, lattice, { normalization: "after" });
      check(both.shape.join() === "2,90,3", `shape ${both.shape.join()}`);
      const all = await both.read();
      for (const image of [0, 1]) {
        using own = device.tensor([90, 5], data.subarray(image * 450, (image + 1) * 450));
        using alone = await buildLattice(own);
        using map = device.tensor([90, 3], input.subarray(image * 270, (image + 1) * 270));
        using result = filter(map, alone, { normalization: "after" });
        same(all.subarray(image * 270, (image + 1) * 270), await result.read(), `image ${image}`);
      }
    },
  },
  {
    name: "a mask of points is only fewer points",
    async run(device) {
      const data = clearPoints(random(11), 200, 3);
      const kept = Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 3 !== 0);
      const masked = Float32Array.from(kept.flatMap((i) => [...data.subarray(i * 3, i * 3 + 3)]));
      const input = random(12).array(kept.length);
      using features = device.tensor([kept.length, 3], masked);
      using lattice = await buildLattice(features);
      using values = device.tensor([kept.length, 1], input);
      using result = filter(values, lattice);
      close(await result.read(), referenceFilter(referenceLattice(masked, 3), input, 1), tolerance, "masked");
    },
  },
  {
    name: "a result has the shape of its values, which are kept where the features of other points are learned",
    async run(device) {
      using scope = device.scope();
      const [features, others] = [20, 12].map((n) => scope.tensor([n, 2], clearPoints(random(n), n, 2)));
      const lattice = await buildLattice(features!);
      check(filter(scope.tensor([4, 5, 3]), lattice).shape.join() === "4,5,3", "shape");
      using tape = new Tape([others!]);
      const both = await buildLattice(features!, { at: others! });
      const values = scope.tensor([20, 3], random(2).array(60));
      const result = filter(values, both, { at: both.at });
      values.dispose();
      const gradients = await tape.gradients(result, result);
      check(gradients.size === 1 && gradients.has(others!), "the gradient of the other points");
    },
  },
  {
    name: "what cannot be filtered is refused by name, and what is not wanted is not computed",
    async run(device) {
      using scope = device.scope();
      const features = scope.tensor([20, 2], clearPoints(random(1), 20, 2));
      const values = scope.tensor([20, 3], random(2).array(60));
      const lattice = await buildLattice(features);
      const no = {} as never;
      const wrong: readonly (readonly [() => unknown, Refusal, string])[] = [
        [() => filter(no, lattice), ValueError, "filter: expected a tensor as values"],
        [() => filter(values, no), ValueError, "filter: expected a lattice as lattice"],
        [() => filter(values, lattice, { normalize: "after" } as object), ValueError, "write normalization"],
        [
          () => filter(values, lattice, { normalization: "both" as "none" }),
          ValueError,
          "none, before, after or symmetric",
        ],
        [() => filter(values, lattice, { transpose: "yes" as never }), ValueError, "transpose: true or false"],
        [
          () => filter(values, lattice, { signal: AbortSignal.abort() }),
          AbortError,
          "filter: expected a signal that has not fired",
        ],
        [
          () => filter(scope.tensor([19, 3]), lattice),
          ShapeError,
          "20 rows of values, the lattice's points, got [19, 3]",
        ],
      ];
      for (const [call, kind, text] of wrong) {
        const { message } = await rejects<CrfRnnError>(call, kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      }
      using other = await open({ prefer: device.kind, threads: device.info.threads });
      using elsewhere = other.tensor([20, 3]);
      const { message } = await rejects(() => filter(elsewhere, lattice), DeviceError);
      check(message.startsWith("filter: "), message);
      // The gradient of the values is one filter; that of the features takes a filter of each map, and the values.
      const kernelsFor = async (watched: Tensor): Promise<number> => {
        using tape = new Tape([watched]);
        using own = await buildLattice(features);
        const input = scope.add(scale(values, 2));
        const result = filter(input, own);
        const before = device.bytes;
        input.dispose();
        check(
          (before === device.bytes) === (watched === features),
          "the values are kept for the features' gradient alone",
        );
        const kernels = await memoryOf(device, "lattice/", async () => {
          const gradients = await tape.gradients(result, values);
          check(gradients.size === 1 && gradients.has(watched), "a gradient of what is watched alone");
        });
        return kernels.length;
      };
      const forward = (await memoryOf(device, "lattice/", () => filter(values, lattice, { transpose: true }))).length;
      check((await kernelsFor(values)) === forward, "the values' gradient is one filter");
      // Dot products take the place of each slice, and the adjoint of the embedding comes last.
      check((await kernelsFor(features)) === 2 * forward + 1, "the features' gradient");
    },
  },
];
