/** Maps that are carried to the pixels of a larger picture, and pictures that become the guides of smaller maps. */
import { AbortError, type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { shrink, upsample } from "../../src/lattice/upsample.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { referenceFilter, referenceLatticeAt } from "../reference/lattice.ts";
import { checkSlope, inner } from "../slopes.ts";
import { memoryOf } from "../memory.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const tolerance = { ofMaximum: 1e-5 };

interface Map {
  readonly size: readonly [number, number];
  readonly data: ArrayLike<number>;
  readonly channels: number;
}

/** Places of the pixels of a map in a picture of `size`, then the colors: one row a pixel. */
function features(
  { size, data, channels }: Map,
  picture: readonly [number, number],
  { position, color, alignCorners }: { position: number; color?: number; alignCorners: boolean },
): number[] {
  const place = (i: number, axis: 0 | 1): number =>
    alignCorners ? (i * (picture[axis] - 1)) / (size[axis] - 1) : ((i + 0.5) * picture[axis]) / size[axis] - 0.5;
  const rows = Array.from({ length: size[0] * size[1] }, (_, pixel) => [
    place(pixel % size[1], 1) / position,
    place(Math.floor(pixel / size[1]), 0) / position,
    ...(color ? Array.from({ length: channels }, (_, c) => data[pixel * channels + c]! / color) : []),
  ]);
  return rows.flat();
}

/** The sum of both filters over the sum of what they make of ones, the one over position alone having a share of 0.06. */
function referenceUpsample(
  values: Map,
  small: Map,
  large: Map,
  options: { position: number; color: number; alignCorners: boolean },
): Float64Array {
  const position = Math.max(large.size[0] / values.size[0], large.size[1] / values.size[1]) / 2;
  const filters = [
    { ...options, share: 1 },
    { alignCorners: options.alignCorners, position, share: 0.06 },
  ].map(({ share, ...bandwidths }) => {
    const d = "color" in bandwidths ? 2 + small.channels : 2;
    const own = features(small, large.size, bandwidths);
    const at = features(large, large.size, { ...bandwidths, alignCorners: false });
    const lattice = referenceLatticeAt(own, at, d);
    return (input: ArrayLike<number>, channels: number): Float64Array =>
      referenceFilter(lattice.own, input, channels, { at: lattice.at }).map((value) => share * value);
  });
  const both = (input: ArrayLike<number>, channels: number): Float64Array => {
    const [color, place] = filters.map((filter) => filter(input, channels)) as [Float64Array, Float64Array];
    return color.map((value, i) => value + place[i]!);
  };
  const sums = both(new Float64Array(values.size[0] * values.size[1]).fill(1), 1);
  return both(values.data, values.channels).map((value, i) => value / sums[Math.floor(i / values.channels)]!);
}

const mapOf = (seed: number, size: readonly [number, number], channels: number, most: number): Map => ({
  size,
  data: random(seed).array(size[0] * size[1] * channels, 0, most),
  channels,
});

export const cases: Case[] = [
  {
    name: "the reference's values, with corners aligned and without, and the gradient of the values",
    async run(device) {
      for (const [smallSize, largeSize, channels, alignCorners] of [
        [[3, 4], [7, 9], 2, false],
        [[4, 3], [9, 8], 5, true],
      ] as const) {
        using scope = device.scope();
        const [values, small, large] = [
          mapOf(1, smallSize, channels, 1),
          mapOf(2, smallSize, 3, 60),
          mapOf(3, largeSize, 3, 60),
        ];
        const bandwidths = { position: 3.1, color: 17, alignCorners };
        const tensorOf = ({ size, data, channels }: Map): Tensor => scope.tensor([...size, channels], data);
        const [input, smallGuide, guide] = [tensorOf(values), tensorOf(small), tensorOf(large)];
        const tape = new Tape([input, smallGuide, guide]);
        const result = await upsample(input, smallGuide, guide, bandwidths);
        check(result.shape.join() === [...largeSize, channels].join(), `shape ${result.shape.join()}`);
        const what = `${smallSize.join()} to ${largeSize.join()}`;
        close(await result.read(), referenceUpsample(values, small, large, bandwidths), tolerance, what);
        const g = random(4).array(result.rows * channels, -1, 1);
        const gradients = await tape.gradients(result, scope.tensor(result.shape, g));
        check(gradients.size === 1, "guides are constants");
        const loss = (data: ArrayLike<number>): number =>
          inner(referenceUpsample({ ...values, data }, small, large, bandwidths), g);
        checkSlope(loss, values.data, await gradients.get(input)!.read(), random(5), 1e-5, what);
      }
    },
  },
  {
    name: "follows the edges of the picture, and leaves no pixel without a value",
    async run(device) {
      using scope = device.scope();
      const [height, width] = [12, 16];
      // Dark to the left of a slanted edge, bright to the right of it; one pixel has a color that is nowhere else.
      const bright = (y: number, x: number): boolean => x > 6 + y / 4;
      const colors = Float32Array.from({ length: height * width }, (_, i) =>
        bright(Math.floor(i / width), i % width) ? 200 : 40,
      );
      const odd = 5 * width + 3;
      colors[odd] = 1000;
      const guide = scope.tensor([height, width, 1], colors);
      // A map of three by four, which is 2 where the picture is bright and 1 elsewhere.
      const seen = [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2];
      const values = scope.tensor([3, 4, 1], seen);
      const smallGuide = scope.tensor(
        [3, 4, 1],
        seen.map((value) => (value === 2 ? 200 : 40)),
      );
      const result = await (await upsample(values, smallGuide, guide)).read();
      colors.forEach((color, i) => {
        if (i === odd) check(result[i]! > 0.999 && result[i]! < 1.5, `odd pixel ${result[i]}`);
        else check(Math.abs(result[i]! - (color === 200 ? 2 : 1)) < 0.1, `pixel ${i} of ${color}: ${result[i]}`);
      });
      // A constant stays, in flat maps and in long ones, in whatever color.
      for (const [small, large] of [
        [
          [3, 4],
          [12, 16],
        ],
        [
          [2, 2],
          [5, 40],
        ],
        [
          [1, 1],
          [7, 9],
        ],
        [
          [9, 2],
          [9, 31],
        ],
      ] as const) {
        const alone = random(9).array(large[0] * large[1], 0, 1e4);
        const nowhere = [...large, 1];
        for (const alignCorners of [false, true]) {
          const constant = await upsample(
            scope.tensor([...small, 2], new Float32Array(small[0] * small[1] * 2).fill(7)),
            scope.tensor([...small, 1]),
            scope.tensor(nowhere, alone),
            { alignCorners },
          );
          const what = `${large.join()}, corners aligned: ${alignCorners}`;
          close(await constant.read(), new Float32Array(large[0] * large[1] * 2).fill(7), { relative: 1e-5 }, what);
        }
      }
    },
  },
  {
    name: "shrinks a picture to the means around the pixels of a map, and passes the gradient on",
    async run(device) {
      for (const alignCorners of [false, true]) {
        using scope = device.scope();
        const large = mapOf(6, [9, 11], 3, 255);
        const size = [3, 4] as const;
        const guide = scope.tensor([9, 11, 3], large.data);
        const tape = new Tape([guide]);
        const result = await shrink(guide, size, { alignCorners });
        check(result.shape.join() === "3,4,3", `shape ${result.shape.join()}`);
        const position = 3 / Math.sqrt(12);
        const { own, at } = referenceLatticeAt(
          features(large, [9, 11], { position, alignCorners: false }),
          features({ size, data: [], channels: 0 }, [9, 11], { position, alignCorners }),
          2,
        );
        const shrunk = (data: ArrayLike<number>): Float64Array =>
          referenceFilter(own, data, 3, { normalization: "after", at });
        close(await result.read(), shrunk(large.data), tolerance, `corners aligned: ${alignCorners}`);
        const g = random(7).array(36, -1, 1);
        const gradients = await tape.gradients(result, scope.tensor([3, 4, 3], g));
        const loss = (data: ArrayLike<number>): number => inner(shrunk(data), g);
        checkSlope(loss, large.data, await gradients.get(guide)!.read(), random(8), 1e-5, "guide");
      }
    },
  },
  {
    name: "a batch gives each image what it gets alone",
    async run(device) {
      using scope = device.scope();
      const data = (seed: number, count: number): Float32Array => random(seed).array(2 * count, 0, 50);
      const [values, large] = [data(1, 3 * 2 * 2), data(3, 7 * 5 * 3)];
      const guide = scope.tensor([2, 7, 5, 3], large);
      const small = await shrink(guide, [3, 2]);
      const both = await upsample(scope.tensor([2, 3, 2, 2], values), small, guide);
      check(both.shape.join() === "2,7,5,2", `shape ${both.shape.join()}`);
      const all = await both.read();
      for (const image of [0, 1]) {
        const part = (all: Float32Array, count: number) => all.subarray(image * count, (image + 1) * count);
        const own = scope.tensor([7, 5, 3], part(large, 105));
        const alone = await upsample(scope.tensor([3, 2, 2], part(values, 12)), await shrink(own, [3, 2]), own);
        same(part(all, 70), await alone.read(), `image ${image}`);
      }
    },
  },
  {
    name: "inputs may be disposed of meanwhile, and nothing else is left",
    async run(device) {
      const make = () => [device.tensor([2, 3, 2]), device.tensor([2, 3, 3]), device.tensor([5, 6, 3])] as const;
      const before = device.bytes;
      const all = make();
      const call = upsample(...all);
      for (const one of all) one.dispose();
      (await call).dispose();
      const guide = device.tensor([5, 6, 3]);
      const shrinking = shrink(guide, [2, 3]);
      guide.dispose();
      (await shrinking).dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "without options colors differ by 16 levels, positions by a pixel of the map, and corners are not aligned",
    async run(device) {
      using scope = device.scope();
      const [values, large] = [mapOf(1, [3, 4], 2, 1), mapOf(3, [7, 9], 3, 60)];
      const [input, guide] = [values, large].map(({ size, data, channels }) => scope.tensor([...size, channels], data));
      const [small, given] = [await shrink(guide!, [3, 4]), await shrink(guide!, [3, 4], { alignCorners: false })];
      same(await small.read(), await given.read(), "small guide");
      const options = { color: 16, position: 7 / 3, alignCorners: false };
      const expected = await upsample(input!, small, guide!, options);
      same(await (await upsample(input!, small, guide!)).read(), await expected.read(), "values");
    },
  },
  {
    name: "a call that is aborted ends between two lattices, two filters, or parts of a lattice",
    async run(device) {
      using scope = device.scope();
      const [values, small, guide] = [scope.tensor([2, 3, 2]), scope.tensor([2, 3, 3]), scope.tensor([5, 6, 3])];
      type Call = (signal: AbortSignal) => Promise<Tensor>;
      const upsampling: Call = (signal) => upsample(values, small, guide, { signal });
      const shrinking: Call = (signal) => shrink(guide, [2, 3], { signal });
      /** Aborts when so many kernels have run, and returns how many do, and who says so. */
      const abortAt = async (call: Call, index: number): Promise<[number, string]> => {
        const stop = new AbortController();
        let ran = 0;
        using _observation = device.observe({ before: () => void (ran++ === index && stop.abort()) });
        if (index < 0) stop.abort();
        const { message } = await rejects(call(stop.signal), AbortError);
        return [ran, message.split(":")[0]!];
      };
      const namesOf = async (call: Call): Promise<string[]> => {
        const used = await memoryOf(device, "", () => call(new AbortController().signal));
        return used.map(({ kernel }) => kernel.replace(/^lattice\//, ""));
      };
      const [embedding, found] = device.kind === "wasm" ? ["packed.embed", "incidence.count"] : ["embed", "hash.find"];
      for (const [call, name] of [
        [upsampling, "upsample"],
        [shrinking, "shrink"],
      ] as const) {
        check((await abortAt(call, -1)).join() === `0,${name}`, `${name} that was aborted before`);
        const [ran, where] = await abortAt(call, 0);
        const until = (await namesOf(call)).indexOf(found);
        check(ran <= until && where === "buildLattice", `${ran} of ${until} kernels until vertices are found`);
      }
      const names = await namesOf(upsampling);
      const nth = (name: string, n: number): number => names.flatMap((one, i) => (one === name ? [i] : [])).at(n)!;
      const [inSecond] = await abortAt(upsampling, nth(embedding, 2));
      check(inSecond <= nth(found, 2), `${inSecond} kernels until vertices of the second lattice are found`);
      // The filters of ones fill their map first; those of values begin by the tables of their slice.
      for (const [next, says] of [
        [nth("splat", 0) - 1, "buildLattice"],
        [nth("slice.normalize", 1), "upsample"],
        [nth("shared/add", -1), "upsample"],
      ] as const) {
        const [ran, where] = await abortAt(upsampling, next - 1);
        check(ran === next && where === says, `${ran} kernels, not ${next}, says ${where}`);
      }
    },
  },
  {
    name: "maps that do not fit, sizes and bandwidths are refused by name",
    async run(device) {
      using scope = device.scope();
      const [values, small, guide] = [scope.tensor([2, 3, 2]), scope.tensor([2, 3, 3]), scope.tensor([5, 6, 3])];
      const wrong: readonly (readonly [() => unknown, abstract new (...args: never[]) => CrfRnnError, string])[] = [
        [() => upsample(values, guide, guide), ShapeError, "got [2, 3, 2], [5, 6, 3], [5, 6, 3]"],
        [() => upsample(values, small, scope.tensor([5, 6, 4])), ShapeError, "a small guide [h, w, K]"],
        [() => upsample(values, small, scope.tensor([1, 5, 6, 3])), ShapeError, "or batches of as many"],
        [
          () => upsample(scope.tensor([2, 2, 3, 2]), scope.tensor([2, 2, 3, 3]), scope.tensor([3, 5, 6, 3])),
          ShapeError,
          "or batches of as many",
        ],
        [() => upsample(scope.tensor([6, 2]), scope.tensor([6, 3]), guide), ShapeError, "values [h, w, C]"],
        [
          () => upsample(values, small, guide, { position: 0 }),
          ValueError,
          "upsample: expected a position bandwidth above 0",
        ],
        [
          () => upsample(values, small, guide, { color: -1 }),
          ValueError,
          "upsample: expected a color bandwidth above 0",
        ],
        [() => upsample(values, small, guide, { colour: 1 } as object), ValueError, "write color"],
        [() => upsample(values, small, guide, { alignCorners: 1 as never }), ValueError, "alignCorners: true or false"],
        [() => upsample(values, small, guide, { signal: AbortSignal.abort() }), AbortError, "signal"],
        [() => upsample(values, small, {} as Tensor), ValueError, "upsample: expected a tensor as guide"],
        [() => shrink(guide, [0, 3]), ShapeError, "shrink: expected a size [h, w] as size, got [0, 3]"],
        [() => shrink(guide, 4 as never), ShapeError, "a size [h, w] as size"],
        [() => shrink(scope.tensor([6, 3]), [2, 2]), ShapeError, "got [6, 3]"],
        [() => shrink(guide, [2, 2], { position: 3 } as object), ValueError, "expected options alignCorners, signal"],
      ];
      for (const [call, kind, text] of wrong) {
        const { message } = await rejects<CrfRnnError>(async () => call(), kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      }
    },
  },
];
