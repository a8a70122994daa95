import { softmax } from "../../src/crf/softmax.ts";
import { BufferUsage } from "../../src/device/flags.ts";
import type { Device } from "../../src/device/device.ts";
import { DeviceError, LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { type ScoresOptions, scoresTensor } from "../../src/pictures/scoresTensor.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkOp, uniform } from "../nn/op.ts";
import { permutedArray, resizedMap } from "../reference/nn.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const layouts = ["hwc", "chw", "nhwc", "nchw"] as const;

/** The sizes in the order of a layout. */
const shapeOf = (layout: string, sizes: Readonly<Record<string, number>>): number[] =>
  Array.from(layout).map((axis) => sizes[axis]!);

const dense = (values: ArrayLike<number>, shape: readonly number[], layout: string): Float64Array =>
  permutedArray(values, shape, layout, layout.length === 4 ? "nhwc" : "hwc");

/** Logits by their definition, from dense rows. */
function logitsOf(
  rows: ArrayLike<number>,
  channels: number,
  { meaning, temperature = 1 }: ScoresOptions,
): Float64Array {
  const log = (p: number): number => Math.log(Math.max(p, 1e-5));
  const all = Array.from(rows);
  if (meaning === "sigmoid") return Float64Array.from(all.flatMap((s) => [0, s / temperature]));
  if (meaning !== "probabilities") return Float64Array.from(all, (s) => s / temperature);
  if (channels === 1) return Float64Array.from(all.flatMap((p) => [log(1 - p) / temperature, log(p) / temperature]));
  return Float64Array.from(all, (p) => log(p) / temperature);
}

/** Half-precision numbers of all kinds with what they are: subnormal, normal, negative, the largest, infinite, NaN. */
const halves = {
  bits: [0, 0x8000, 1, 0x3ff, 0x400, 0x3c00, 0xbc01, 0x3555, 0x7bff, 0x7c00, 0xfc00, 0x7e01],
  values: [
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    -1.0009765625,
    0.333251953125,
    65504,
    Infinity,
    -Infinity,
    NaN,
  ],
};

export const cases: Case[] = [
  {
    name: "numbers of every type in every layout become padded rows, to the bit",
    async run(device) {
      for (const layout of layouts) {
        for (const [n, c] of [
          [1, 3],
          [2, 5],
        ] as const) {
          const shape = shapeOf(layout, { n, h: 3, w: 7, c });
          const count = shape.reduce((product, size) => product * size);
          const whole = random(1).array(count, -200, 200).map(Math.round);
          const bytes = Uint8Array.from(whole, Math.abs);
          const bits = Uint16Array.from({ length: count }, (_, i) => halves.bits[i % 12]!);
          const halved = Float64Array.from({ length: count }, (_, i) => halves.values[i % 12]!);
          for (const [data, expected, type] of [
            [random(2).array(count, -9, 9), undefined, undefined],
            [Array.from(whole), undefined, undefined],
            [Float64Array.from(whole), undefined, "float32"],
            [Int8Array.from(whole, (value) => value / 2), undefined, undefined],
            [Int32Array.from(whole, (value) => 65537 * value), undefined, "int32"],
            [bytes, undefined, undefined],
            [Uint8ClampedArray.from(bytes), undefined, "uint8"],
            [bits, halved, "float16"],
          ] as const) {
            using result = scoresTensor(device, data, { shape, layout, type });
            const what = `${data.constructor.name} ${layout} of ${n}`;
            same(result.shape, layout.length === 4 && n > 1 ? [n, 3, 7, c] : [3, 7, c], what);
            same(await result.read(), dense(expected ?? data, shape, layout), what);
          }
        }
      }
    },
  },
  {
    name: "probabilities, log-probabilities and sigmoids become logits, with a temperature",
    async run(device) {
      const numbers = random(3).array(4 * 5 * 6, 0, 1);
      [numbers[0], numbers[1], numbers[2], numbers[3]] = [0, 1, 1e-7, NaN];
      const meanings = [
        ["logits", 6],
        ["log", 6],
        ["probabilities", 6],
        ["probabilities", 1],
        ["sigmoid", 1],
      ] as const;
      for (const [meaning, c] of meanings) {
        for (const temperature of [1, 2.5]) {
          const data = numbers.slice(0, 20 * c);
          const shape = [c, 4, 5];
          const options = { shape, layout: "chw", meaning, temperature } as const;
          using result = scoresTensor(device, data, options);
          const expected = logitsOf(dense(data, shape, "chw"), c, options);
          const read = await result.read();
          const what = `${meaning} of ${c} at ${temperature}`;
          same(
            read.map((value) => Number(Number.isNaN(value))),
            expected.map((value) => Number(Number.isNaN(value))),
            `${what}: NaN`,
          );
          close(read.map(numbersOnly), expected.map(numbersOnly), { absolute: 1e-5, relative: 1e-6 }, what);
          check(result.shape.join() === (c === 1 ? "4,5,2" : "4,5,6"), `${what}: [${result.shape.join()}]`);
        }
      }
    },
  },
  {
    name: "a softmax gives the probabilities back, also those that were bytes, and a sigmoid's",
    async run(device) {
      using shares = scoresTensor(device, [0.25, 0.75, 0.5, 0.5], { shape: [1, 2, 2], meaning: "probabilities" });
      close(await softmaxOf(shares), [0.25, 0.75, 0.5, 0.5], { absolute: 1e-6 }, "of two classes");
      const bytes = Uint8Array.of(51, 204, 255, 0, 0);
      using one = scoresTensor(device, bytes, { shape: [5, 1, 1], meaning: "probabilities" });
      const [p, q] = [1e-5 / (1 + 1e-5), 1 / (1 + 1e-5)];
      close(await softmaxOf(one), [0.8, 0.2, 0.2, 0.8, p, q, q, p, q, p], { absolute: 1e-6 }, "of bytes");
      using sigmoid = scoresTensor(device, [-2, 0, 3], { shape: [1, 3, 1], meaning: "sigmoid" });
      const expected = [-2, 0, 3].flatMap((s) => [1 / (1 + Math.exp(s)), 1 / (1 + Math.exp(-s))]);
      close(await softmaxOf(sigmoid), expected, { absolute: 1e-6 }, "of a sigmoid");
    },
  },
  {
    name: "another size than the picture's: logarithms are interpolated",
    async run(device) {
      const shape = [3, 4, 5];
      const data = random(5).array(60, 0.01, 1);
      for (const alignCorners of [false, true]) {
        const options = { shape, layout: "chw", meaning: "probabilities", size: [7, 9], alignCorners } as const;
        using result = scoresTensor(device, data, options);
        const logs = logitsOf(dense(data, shape, "chw"), 3, options);
        const expected = resizedMap(logs, [4, 5, 3], [7, 9], alignCorners);
        close(await result.read(), expected, { absolute: 5e-6 }, `aligned ${alignCorners}`);
      }
    },
  },
  {
    name: "a tensor's gradient flows back in its own order, through logarithm, sigmoid, temperature and size",
    async run(device) {
      const given = [
        { shape: [4, 3, 5], layout: "hwc", meaning: "logits", temperature: 1 },
        { shape: [3, 4, 5], layout: "chw", meaning: "logits", temperature: 2 },
        { shape: [1, 3, 4, 5], layout: "nchw", meaning: "probabilities", temperature: 0.5 },
        { shape: [2, 1, 4, 3], layout: "nchw", meaning: "probabilities", temperature: 1 },
        { shape: [2, 4, 3, 1], layout: "nhwc", meaning: "sigmoid", temperature: 3 },
      ] as const;
      for (const options of given) {
        for (const size of [undefined, [5, 8]] as const) {
          const { shape, layout, meaning } = options;
          const [h, w, c] = ["h", "w", "c"].map((axis) => shape[layout.indexOf(axis)]!) as [number, number, number];
          const classes = c === 1 ? 2 : c;
          const images = layout.startsWith("n") ? shape[0] : 1;
          const reference = (x: Float64Array): Float64Array => {
            const logits = logitsOf(dense(x, shape, layout), c, options);
            return size ? resizedMap(logits, [images, h, w, classes], size, false) : logits;
          };
          const run = (x: Tensor): Tensor => scoresTensor(device, x, { ...options, size });
          const inputs = [uniform(shape, 6, 0.05, 0.95)];
          const what = `${meaning} ${layout} [${shape.join()}] to ${size?.join("×")}`;
          const op = { inputs, run, reference, tolerance: { absolute: 1e-5 }, slopeTolerance: 3e-6 };
          await checkOp(device, op, what);
        }
      }
    },
  },
  {
    name: "a probability that a clamp has lifted gets no gradient, and what is no probability becomes NaN on the device",
    async run(device) {
      using values = device.tensor([1, 4, 2], [1e-6, 0.5, -1e-6, 0.5, -0.1, 0.5, NaN, 0.5]);
      using logits = scoresTensor(device, values, { meaning: "probabilities" });
      const [least, even] = [Math.log(1e-5), Math.log(0.5)];
      const read = await logits.read();
      close(read.slice(0, 4), [least, even, least, even], { absolute: 1e-5 }, "clamped");
      same(
        read.slice(4).map((value) => Number(Number.isNaN(value))),
        [1, 0, 1, 0],
        "NaN",
      );
    },
  },
  {
    name: "what is no array, no probability, no layout or no number is told in one sentence",
    async run(device) {
      const shape = [2, 2, 3];
      const twelve = new Float32Array(12).fill(0.5);
      const refusals: readonly (readonly [RegExp, unknown, object, (typeof ShapeError | typeof ValueError)?])[] = [
        [/12 values, got 11/, twelve.slice(1), {}, ShapeError],
        [/12 numbers, got a promise — await it first/, Promise.resolve(twelve), {}],
        [/12 numbers, got a BigInt64Array, whose elements are bigints/, new BigInt64Array(12), {}],
        [/a shape, as an array of sizes, got nothing/, twelve, { shape: undefined }],
        [
          /a shape of 3 sizes for layout chw, got \[1, 3, 2, 2\] — write layout: "nchw"/,
          twelve,
          { shape: [1, 3, 2, 2], layout: "chw" },
          ShapeError,
        ],
        [
          /a shape of 3 sizes for layout hwc, got \[4, 3\] — give scores a height/,
          twelve,
          { shape: [4, 3] },
          ShapeError,
        ],
        [/layout: hwc, chw, nhwc or nchw, got the string "HWC"/, twelve, { layout: "HWC" }],
        [/type: float32, float16, uint8 or int32, got the string "f32"/, twelve, { type: "f32" }],
        [/an array of int32, got a Float32Array — leave the type out/, twelve, { type: "int32" }],
        [/a type for a Uint16Array, got nothing — write type: "float16"/, new Uint16Array(12), {}],
        [/meaning: logits, probabilities, log or sigmoid, got the string "softmax"/, twelve, { meaning: "softmax" }],
        [
          /probabilities from 0 on, got -0.5 at \[1, 0, 2\] — pass meaning: "logits"/,
          twelve.map((p, i) => (i === 8 ? -p : p)),
          { meaning: "probabilities" },
        ],
        [
          /probabilities from 0 to 1, got 1.5 at \[0, 0, 1\]/,
          [0, 1.5, 1, 1],
          { shape: [1, 2, 2], layout: "chw", meaning: "probabilities" },
        ],
        [
          /probabilities from 0 on, got another number at \[0, 0, 1\]/,
          Uint16Array.from(twelve, (_, i) => (i === 1 ? 0xb800 : 0x3800)),
          { type: "float16", meaning: "probabilities" },
        ],
        [/one channel for a sigmoid, got 3/, twelve, { meaning: "sigmoid" }, ShapeError],
        [/two or more channels of log-probabilities, got 1/, [1], { shape: [1, 1, 1], meaning: "log" }, ShapeError],
        [/a finite temperature above 0, got 0/, twelve, { temperature: 0 }],
        [/a size \[height, width\] of whole numbers above 0, got \[4\]/, twelve, { size: [4] }, ShapeError],
        [/alignCorners: true or false/, twelve, { alignCorners: "yes" }],
        [/release: a function, got the number/, twelve, { release: 3 }],
        [/got "layouts" — write layout/, twelve, { layouts: "chw" }],
      ];
      for (const [says, data, options, kind = ValueError] of refusals) {
        const call = (): Tensor => scoresTensor(device, data as number[], { shape, ...options });
        const { message } = await rejects<Error>(call, kind, String(says));
        check(message.startsWith("scoresTensor: expected") && says.test(message), `${says}: ${message}`);
      }
      using tensor = device.tensor(shape, twelve);
      await rejects(() => scoresTensor(device, tensor, { shape: [3, 2, 2] }), ShapeError);
      await rejects(() => scoresTensor(device, tensor, { type: "uint8" }), ValueError);
      await rejects(() => scoresTensor(device, tensor, { release: () => {} }), ValueError);
    },
  },
  {
    name: "what was read is told, results of tensors in a scope end with it, and arrays may change at once",
    async run(device) {
      let released = 0;
      const data = Float32Array.of(1, 2, 3, 4);
      using result = scoresTensor(device, data, { shape: [1, 2, 2], release: () => released++ });
      check(released === 1, `${released} calls of release`);
      data.fill(0);
      same(await result.read(), [1, 2, 3, 4], "values");
      let kept: Tensor;
      {
        using scope = device.scope();
        kept = scoresTensor(device, scope.tensor([1, 2, 2], [1, 2, 3, 4]), { layout: "chw", size: [4, 4] });
      }
      check(kept.disposed, "the result outlived its scope");
    },
  },
  {
    name: "a GPUBuffer is read where it is, and released when the GPU is done; the WASM device refuses it",
    async run(device) {
      const shape = [1, 3, 2, 3];
      const { gpu } = device as Device & { gpu?: GPUDevice };
      if (!gpu) {
        const buffer = { size: 72, usage: 128, mapState: "unmapped" } as GPUBuffer;
        const error = await rejects(() => scoresTensor(device, buffer, { shape }), DeviceError);
        check(/^scoresTensor: .*GPUBuffer on the WASM device/.test(error.message), error.message);
        return;
      }
      const whole = random(7).array(18, 0, 200).map(Math.round);
      for (const [type, bytes] of [
        ["float32", new Uint8Array(whole.buffer)],
        ["int32", new Uint8Array(Int32Array.from(whole).buffer)],
        // 18 bytes in a buffer of 20.
        ["uint8", Uint8Array.from(whole)],
        ["float16", new Uint8Array(Uint16Array.from(whole, (_, i) => halves.bits[i % 9]!).buffer)],
      ] as const) {
        const size = Math.ceil(bytes.length / 4) * 4;
        const buffer = gpu.createBuffer({ size, usage: BufferUsage.storage, mappedAtCreation: true });
        new Uint8Array(buffer.getMappedRange()).set(bytes);
        buffer.unmap();
        const done = new Promise<void>((release) => {
          const options = { shape, layout: "nchw", type, release } as const;
          using result = scoresTensor(device, buffer, options);
          void result;
        });
        using result = scoresTensor(device, buffer, { shape, layout: "nchw", type });
        const values = type === "float16" ? whole.map((_, i) => halves.values[i % 9]!) : whole;
        same(await result.read(), dense(values, shape, "nchw"), type);
        await done;
        const error = await rejects(
          () => scoresTensor(device, buffer, { shape: [2, ...shape.slice(1)], type }),
          DeviceError,
        );
        check(/^scoresTensor: expected a GPUBuffer of \d+ bytes with STORAGE, got/.test(error.message), error.message);
        let calls = 0;
        const tooLarge = { shape, layout: "nchw", type, size: [2 ** 29, 1], release: () => calls++ } as const;
        await rejects(() => scoresTensor(device, buffer, tooLarge), LimitError);
        await device.finish();
        check(calls === 0, "release was called by a call that threw");
        buffer.destroy();
      }
    },
  },
];

const numbersOnly = (value: number): number => (Number.isNaN(value) ? 0 : value);

async function softmaxOf(logits: Tensor): Promise<Float32Array> {
  using marginals = softmax(logits);
  return await marginals.read();
}
