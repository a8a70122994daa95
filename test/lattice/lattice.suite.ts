import { AbortError, type CrfRnnError, DisposedError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import type { Device } from "../../src/device/device.ts";
import type { Tensor } from "../../src/tensor.ts";
import { memoryOf } from "../memory.ts";
import { clearPoints } from "../reference/points.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

type Refusal = abstract new (...args: never[]) => CrfRnnError;

/** Fails unless the call is refused with a message that has `text` in it, and leaves no memory behind. */
async function refuses(device: Device, call: () => Promise<unknown>, kind: Refusal, text: string): Promise<string> {
  const before = device.bytes;
  const { message } = await rejects<CrfRnnError>(call, kind, text);
  check(message.includes(text), `expected "${text}", got "${message}"`);
  check(device.bytes === before, `${text}: ${device.bytes - before} bytes left`);
  return message;
}

export const cases: Case[] = [
  {
    name: "knows its points, dimensions and vertices, and keeps tables of the sizes that they are documented to have",
    async run(device) {
      for (const [points, d] of [
        [1, 1],
        [70, 2],
        [70, 7],
        [70, 8],
      ] as const) {
        using features = device.tensor([points, d], clearPoints(random(d), points, d));
        using lattice = await buildLattice(features);
        check(lattice.features === features, "the features");
        check(
          lattice.points === points && lattice.dimensions === d,
          `${lattice.points} points of ${lattice.dimensions}`,
        );
        check(lattice.describe() === `lattice of ${points} points`, lattice.describe());
        const { simplices, incidence, coordinateRanks } = lattice.parts;
        const entries = points * (d + 1);
        check(simplices.bytes === 8 * entries && incidence.pairs.bytes === 8 * entries, "a pair for each entry");
        check(incidence.blockVertices.bytes === 4 * Math.ceil(entries / 64), "a vertex for each block of entries");
        check(incidence.offsets.bytes === 4 * (lattice.vertices + 2), "an offset for each vertex, and two more");
        // Four bits for each of d + 1 coordinates.
        check(coordinateRanks.bytes === 4 * points * Math.ceil((4 * (d + 1)) / 32), "the coordinate ranks");
      }
    },
  },
  {
    name: "features of shapes, sizes and values that no lattice has are refused, and leave nothing behind",
    async run(device) {
      using scope = device.scope();
      for (const shape of [[4], [1, 1, 4, 2], [4, 16]]) {
        const features = scope.tensor(shape);
        await refuses(device, () => buildLattice(features), ShapeError, "with d from 1 to 15");
      }
      const crowd = scope.tensor([4097, 1, 1]);
      await refuses(device, () => buildLattice(crowd), LimitError, "got 4097 images, 8194 entries");
      const many = scope.tensor([4096, 1, 1]);
      using lattice = await buildLattice(many);
      check(lattice.vertices === 2 * 4096, `${lattice.vertices} vertices, two for each image`);
      const options = { abort: 1 } as object;
      await refuses(device, () => buildLattice(many, options), ValueError, "expected options at, signal");
      const begun = await memoryOf(device, "", () =>
        refuses(device, () => buildLattice(many, { signal: AbortSignal.abort() }), AbortError, "buildLattice"),
      );
      check(begun.length === 0, `${begun.length} kernels ran`);
      const gone = device.tensor([4, 2]);
      gone.dispose();
      await refuses(device, () => buildLattice(gone), DisposedError, "features, tensor [4, 2]");
    },
  },
  {
    name: "a feature that is not finite is told by its value and its place",
    async run(device) {
      for (const [value, point, feature] of [
        [NaN, 0, 0],
        [Infinity, 77, 4],
        [-Infinity, 129, 0],
      ] as const) {
        const data = new Float32Array(130 * 5).fill(0.3);
        data[point * 5 + feature] = value;
        // A later one, and one that is out of range, are not told.
        if (point < 129) data[129 * 5 + 1] = NaN;
        data[10 * 5] = 1e9;
        using features = device.tensor([130, 5], data);
        const text = `expected finite features, got ${value} as feature ${feature} of point ${point} `;
        await refuses(device, () => buildLattice(features), ValueError, text);
      }
    },
  },
  {
    name: "a feature beyond the keys is told with the bandwidth at which it is within, which is not larger than need be",
    async run(device) {
      for (const [d, point, feature] of [
        [1, 3, 0],
        [2, 0, 1],
        [5, 69, 2],
      ] as const) {
        const data = random(d).array(70 * d, 0, 1);
        data[point * d + feature] = -1e6;
        const build = async (features: Float32Array): Promise<void> => {
          using tensor = device.tensor([70, d], features);
          using _lattice = await buildLattice(tensor);
        };
        const text = `got feature ${feature} of point ${point} is -1000000 `;
        const message = await refuses(device, () => build(data), LimitError, text);
        check(message.includes(`divide feature ${feature} by a bandwidth`), message);
        const factor = Number(/([\d.]+) times as large/.exec(message)![1]);
        const divided = (by: number) => data.map((value, i) => (i % d === feature ? value / by : value));
        await build(divided(factor * 1.01));
        // What is told holds whatever the other features are: it may be up to d + 1 times what these need.
        await refuses(device, () => build(divided(factor / (2 * (d + 1)))), LimitError, "lattice keys within ±32766");
      }
    },
  },
  {
    name: "of features beyond the keys the one is told that moves its point the most, the first of equals",
    async run(device) {
      // √(2/3)·3/√2 times the first of two features, and 1 times the second.
      for (const [data, feature, point, factor] of [
        [[0, 0, 1e6, 1.5e6], 0, 1, 106],
        [[1e6, 1.8e6, 0, 0], 1, 0, 110],
        [[0, 0, 1e6, 0, -1e6, 0], 0, 1, 106],
      ] as const) {
        using features = device.tensor([data.length / 2, 2], data);
        const message = await refuses(device, () => buildLattice(features), LimitError, `got feature ${feature} of`);
        check(message.includes(`of point ${point} `), message);
        // 2·√3·10⁶ of 32,766, to three digits.
        check(message.endsWith(`at least ${factor} times as large`), message);
      }
    },
  },
  {
    name: "tables of a normalization are made by the first filter that wants them, kept, and freed with the lattice",
    async run(device) {
      using features = device.tensor([40, 2], clearPoints(random(1), 40, 2));
      using values = device.tensor([40, 3], random(2).array(120));
      const before = device.bytes;
      const lattice = await buildLattice(features);
      const run = async (normalization: "before" | "after" | "symmetric", transpose: boolean) => {
        let kernels = 0;
        using _observation = device.observe({ before: () => void kernels++ });
        using result = filter(values, lattice, { normalization, transpose });
        return { kernels, values: await result.read(), bytes: device.bytes };
      };
      const plain = await run("after", false);
      const kept = await run("after", false);
      check(kept.kernels < plain.kernels, `${kept.kernels} kernels, ${plain.kernels} the first time`);
      same(kept.values, plain.values, "from the tables that were kept");
      check(kept.bytes === plain.bytes, "no more memory");
      for (const [normalization, transpose] of [
        ["before", false],
        ["symmetric", false],
        ["symmetric", true],
      ] as const) {
        const first = await run(normalization, transpose);
        const again = await run(normalization, transpose);
        check(again.kernels === kept.kernels && again.bytes === first.bytes, `${normalization}: tables are kept`);
        same(again.values, first.values, normalization);
      }
      // Before and after change places in the adjoint.
      check((await run("before", true)).kernels === kept.kernels, "the adjoint of before has the tables of after");
      lattice.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      await rejects(() => lattice.parts, DisposedError);
    },
  },
  {
    name: "what a lattice was built from may be disposed of while it is built",
    async run(device) {
      const data = clearPoints(random(3), 60, 3);
      const input = random(4).array(60);
      using values = device.tensor([60, 1], input);
      const filtered = async (dispose: boolean): Promise<Float32Array> => {
        const features: Tensor = device.tensor([60, 3], data);
        const pending = buildLattice(features);
        if (dispose) features.dispose();
        using lattice = await pending;
        using result = filter(values, lattice);
        features.dispose();
        return await result.read();
      };
      same(await filtered(true), await filtered(false), "the filtered values");
    },
  },
];
