/** Weights that are stored as halves: the same bits as the rounded weights in single precision, from every way to convolve. */
import { halvesWiden } from "../../build/kernels.ts";
import type { Device } from "../../src/device/device.ts";
import { type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../src/float16.ts";
import { halfPanels, panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { convTranspose2d } from "../../src/nn/convTranspose2d.ts";
import type { Convolution } from "../../src/nn/geometry.ts";
import { maxPool2d } from "../../src/nn/maxPool2d.ts";
import { scale } from "../../src/nn/scale.ts";
import { elementsOf, padded } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import { maximum, type Case, check, close, random, rejects, same } from "../suite.ts";
import { convolution, nameOf, reference, weightShape, withBindings } from "./convolutions.ts";

const rounded = (values: Float32Array): Float32Array => float16ToFloat32(float32ToFloat16(values));

const sizes: readonly Convolution[] = [
  convolution([1, 5, 4, 3], [8, 1, 1]),
  // Minimal filtering.
  convolution([2, 5, 9, 9], [10, 3, 3], 1, 1),
  // As fc6, with few outputs.
  convolution([1, 9, 8, 4], [12, 7, 7]),
  convolution([2, 11, 10, 3], [10, 3, 3], 2, 1),
  // More inputs by taps than one chunk of weights, and than a GPU sums in one block.
  convolution([1, 3, 4, 260], [3, 1, 2], 1, 1),
  convolution([1, 2, 3, 520], [14, 1, 1]),
];

/** Convolves with weights in both layouts. @returns the two results */
async function bothLayouts(
  device: Device,
  size: Convolution,
  { values, weights, bias }: { values: Float32Array; weights: Float32Array; bias: Float32Array },
): Promise<[Float32Array, Float32Array]> {
  using scope = device.scope();
  const { images, height, width, channels } = size.input;
  const map = scope.tensor([images, height, width, channels], values);
  const options = { bias: scope.tensor([bias.length], bias), stride: size.stride, padding: size.padding, relu: true };
  const weight = (layout: typeof panels) => scope.tensor(weightShape(size), weights, layout);
  return [await conv2d(map, weight(halfPanels), options).read(), await conv2d(map, weight(panels), options).read()];
}

export const cases: Case[] = [
  ...sizes.map((size) => ({
    name: `the rounded weights' convolution, to the bit: ${nameOf(size)}`,
    async run(device: Device) {
      const numbers = random(size.input.channels);
      const weights = rounded(numbers.array(elementsOf(weightShape(size)), -1, 1));
      const { images, height, width, channels } = size.input;
      const values = numbers.array(images * height * width * channels, -1, 1);
      const bias = numbers.array(size.output.channels, -1, 1);
      const [half, single] = await bothLayouts(device, size, { values, weights, bias });
      same(half, single, nameOf(size));
      const given = { sizes: size, values, weights, bias, relu: true, transposed: false };
      const products = size.kernelHeight * size.kernelWidth * channels;
      const expected = reference(given);
      // As test/nn/convolutions.ts has it, with the growth of minimal filtering.
      close(half, expected, { absolute: (products + 2) * (64 / 9) * 2 ** -24 * (products + 1) }, nameOf(size));
      check(maximum(expected) > 0.1, "a result");
    },
  })),
  {
    name: "weights that are no halves are off by what the layout says, and so is the convolution",
    async run(device) {
      const size = convolution([1, 6, 5, 20], [9, 3, 3], 1, 1);
      const numbers = random(3);
      const weights = numbers.array(elementsOf(weightShape(size)), -1, 1);
      const values = numbers.array(600, -1, 1);
      const bias = new Float32Array(9).fill(10);
      const [half, single] = await bothLayouts(device, size, { values, weights, bias });
      // |Σ x·(w − h)| ≤ Σ |x|·2⁻¹¹·|w|, here of 180 products; and the roundings of both sums.
      close(half, single, { absolute: 180 * (2 ** -11 + 2 * 182 * (64 / 9) * 2 ** -24) }, "rounded");
      check(
        half.some((value, i) => value !== single[i]),
        "the same in both precisions",
      );
    },
  },
  {
    name: "subnormal halves, infinities and NaN are what they are",
    async run(device) {
      const all = [2 ** -24, -(2 ** -24), 3 * 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 0.1, 65504, -65504];
      const weights = rounded(Float32Array.from([...all, Infinity, -Infinity, NaN, 1]));
      using scope = device.scope();
      // Directly, and by minimal filtering, whose transforms keep a weight in the corner of its kernel as it is.
      const one = scope.tensor([1, 1, 1], [1]);
      const alone = conv2d(one, scope.tensor([12, 1, 1, 1], weights, halfPanels));
      same(await alone.read(), weights, "directly");
      const kernels = new Float32Array(12 * 8 * 9);
      weights.forEach((weight, output) => (kernels[output * 8 * 9] = weight));
      const map = scope.tensor([4, 4, 8], new Float32Array(128).fill(0).fill(1, 0, 1));
      for (const [output, weight] of weights.entries()) {
        const kernel = kernels.subarray(output * 72, output * 72 + 72);
        const eight = new Float32Array(8 * 72);
        eight.set(kernel);
        const results = [halfPanels, panels].map((layout) => conv2d(map, scope.tensor([8, 8, 3, 3], eight, layout)));
        const [half, single] = await Promise.all(results.map((result) => result.read()));
        same(half!, single!, `${weight} by minimal filtering`);
        // Sums of an infinity and its opposite are NaN there, as in single precision.
        if (Number.isFinite(weight)) check(half![0] === weight, `${weight} became ${half![0]}`);
      }
    },
  },
  {
    name: "a weight of halves larger than a binding is convolved in ranges of panels of half the size",
    async run(device) {
      const size = convolution([1, 5, 6, 24], [64, 5, 5]);
      const numbers = random(5);
      const weights = rounded(numbers.array(elementsOf(weightShape(size)), -1, 1));
      const given = { values: numbers.array(720, -1, 1), weights, bias: numbers.array(64, -1, 1) };
      // 8 panels of 9600 bytes, or of 19,200.
      const parts = [0, 0];
      using _observed = device.observe({ before: ({ args }) => void (parts[args.halves as number]! += 1) });
      await withBindings(device, 30_000, async () => {
        const [half, single] = await bothLayouts(device, size, given);
        same(half, single, "parts");
      });
      check(parts[1]! > 1 && parts[1]! < parts[0]!, `${parts[1]} parts of halves, ${parts[0]} in single precision`);
    },
  },
  {
    name: "maps that are stored as halves: the rounded results, from band to band, and their maxima",
    async run(device) {
      using scope = device.scope();
      const numbers = random(8);
      for (const [size, weights] of [
        [
          [2, 37, 11, 9],
          [10, 9, 3, 3],
        ],
        [
          [1, 9, 31, 5],
          [7, 5, 2, 3],
        ],
        [
          [2, 6, 3, 520],
          [6, 520, 1, 1],
        ],
      ] as const) {
        const values = numbers.array(elementsOf(size), -1, 1);
        const weight = scope.tensor(weights, numbers.array(elementsOf(weights), -1, 1), halfPanels);
        // Minimal filtering reads ten channels as they are stored; fewer are convolved by the definition.
        const next = scope.tensor([8, weights[0], 3, 3], numbers.array(72 * weights[0], -1, 1), panels);
        const map = conv2d(scope.tensor(size, values), weight, { padding: 1 });
        const kept = rounded(await map.read());
        const half = conv2d(scope.tensor(size, values), weight, { padding: 1, precision: "half" });
        check(half.storage.bytes === map.storage.bytes / 2, `${half.storage.bytes} of ${map.storage.bytes} bytes`);
        same(await half.read(), kept, "a result");
        const read = scope.tensor(map.shape, kept);
        const bytes = device.bytes;
        // Bands of a few rows, as bindings ask for.
        const most = Math.max(...[map, read].map(({ shape }) => 6 * shape[2]! * padded(shape[3]!) * 4));
        await withBindings(device, most + device.limits.alignment, async () => {
          using pooled = maxPool2d(half);
          same(await pooled.read(), await maxPool2d(read).read(), "maxima");
          check(pooled.layout === half.layout, `maxima in layout ${pooled.layout.name}`);
        });
        check(device.bytes > bytes, "the single maxima are kept");
        const expected = await conv2d(read, next).read();
        const widened: boolean[] = [];
        using _observation = device.observe({ before: ({ kernel }) => widened.push(kernel === halvesWiden) });
        same(await conv2d(half, next).read(), expected, "what a convolution makes of it");
        check(widened.includes(true) === weights[0] < 8, "what is widened");
      }
    },
  },
  {
    name: "a result is rounded as on the host: ties to even, subnormal numbers, infinities and NaN",
    async run(device) {
      using scope = device.scope();
      const bits = Uint16Array.from({ length: 0x7c00 }, (_, i) => i).filter((i) => i % 61 === 0 || i < 8 || i > 0x7bf8);
      const finite = float16ToFloat32(bits);
      const steps = finite.map((value, i) => (float16ToFloat32(Uint16Array.of(bits[i]! + 1))[0]! - value) / 2);
      const middles = finite.map((value, i) => value + (Number.isFinite(steps[i]!) ? steps[i]! : 16));
      const near = [...middles].flatMap((value) => [value, value * (1 - 2 ** -23), value * (1 + 2 ** -23)]);
      const all = Float32Array.from([...finite, ...near, Infinity, NaN, 1e38, 65519.9, 2 ** -25, 2 ** -26]);
      const values = Float32Array.from([...all, ...all.map((value) => -value)]);
      const one = scope.tensor([1, 1, 1, 1], [1], panels);
      const result = conv2d(scope.tensor([1, values.length, 1], values), one, { precision: "half" });
      same(await result.read(), rounded(values.map((value) => value + 0)), "rounded");
    },
  },
  {
    name: "read and written as they are, in half the memory",
    async run(device) {
      using scope = device.scope();
      const values = random(4).array(9 * 5 * 9, -3, 3);
      const before = device.bytes;
      const single = scope.tensor([9, 5, 3, 3], values, panels);
      const bytes = device.bytes - before;
      const half = scope.tensor([9, 5, 3, 3], values, halfPanels);
      check(half.storage.bytes === single.storage.bytes / 2, `${half.storage.bytes} of ${single.storage.bytes} bytes`);
      check(device.bytes - before < 2 * bytes, "no less memory");
      same(await half.read(), rounded(values), "read");
      half.write(values.map((value) => 2 * value));
      same(await half.read(), rounded(values.map((value) => 2 * value)), "written");
    },
  },
  {
    name: "refused: numbers beyond half precision, tapes, other ops, transposed convolutions, three axes",
    async run(device) {
      using scope = device.scope();
      const map = scope.tensor([4, 4, 1], random(1).array(16));
      const weight = scope.tensor([1, 1, 1, 1], [65504], halfPanels);
      const says = async (
        work: () => unknown,
        kind: abstract new (...args: never[]) => CrfRnnError,
        expected: RegExp,
      ) => {
        const { message } = await rejects(async () => work(), kind);
        check(expected.test(message), message);
      };
      const tooLarge = /numbers up to 65504.*got -65505 at 0/;
      await says(() => scope.tensor([1, 1, 1, 1], [-65505], halfPanels), ValueError, tooLarge);
      await says(() => weight.write([-65505]), ValueError, tooLarge);
      same(await weight.read(), [65504], "the former value");
      await says(() => scope.tensor([1, 1, 1], [1], halfPanels), ShapeError, /for layout halfPanels/);
      await says(
        () => new Tape([weight]),
        ShapeError,
        /Tape: .*layout halfPanels, .* — keep it in layout panels to train/,
      );
      using _tape = new Tape([map]);
      await says(() => conv2d(map, weight), ValueError, /conv2d: expected no tape.*halves/);
      await says(() => conv2d(map, weight, { precision: "half" }), ValueError, /no tape/);
      await says(
        () => conv2d(map, weight, { precision: "float16" as "half" }),
        ValueError,
        /precision.*single or half/,
      );
      const half = conv2d(map.detached(), weight, { precision: "half" });
      await says(() => scale(half, 2), ShapeError, /layout halfRows, read by conv2d and maxPool2d only/);
      await says(() => scale(weight, 2), ShapeError, /scale: .*layout halfPanels, read by conv2d only/);
      await says(() => convTranspose2d(map, weight), ShapeError, /layout halfPanels/);
      check((await conv2d(map.detached(), weight).read()).length === 16, "works without a tape");
      // A gradient of weights that the tape watches would be of what lies in the map's memory.
      const [other, bias] = [scope.tensor([1, 1, 1, 1], [1], panels), scope.tensor([1], [1])];
      for (const watched of [other, bias]) {
        using _own = new Tape([watched]);
        await says(() => conv2d(half, other, { bias }), ValueError, /no tape.*keep .* the map .* in single precision/);
      }
    },
  },
];
