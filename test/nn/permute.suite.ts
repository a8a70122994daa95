import type { Data, Device, Storage } from "../../src/device/device.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { type Axes, formats, permute, rearrange } from "../../src/nn/permute.ts";
import type { Tensor } from "../../src/tensor.ts";
import { Memory } from "../memory.ts";
import { permutedArray } from "../reference/nn.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

const orders = [
  { shape: [5], from: "c", to: "c" },
  { shape: [3, 5], from: "hc", to: "ch" },
  { shape: [4, 7, 3], from: "hwc", to: "chw" },
  { shape: [3, 4, 7], from: "chw", to: "hwc" },
  { shape: [5, 2, 6], from: "hwc", to: "whc" },
  { shape: [2, 4, 7, 5], from: "nhwc", to: "nchw" },
  { shape: [2, 5, 3, 6], from: "nchw", to: "nhwc" },
  { shape: [2, 3, 4, 5], from: "abcd", to: "dcba" },
  // An axis of size 1 goes, and comes.
  { shape: [1, 5, 4, 3], from: "nchw", to: "hwc" },
  { shape: [4, 3, 5], from: "hwc", to: "nchw" },
  { shape: [4, 3], from: "hw", to: "hwc" },
];

const pixelsOf = ({ outer, rows, width }: Record<string, unknown>): number =>
  Number(outer) * Number(rows) * Number(width);

/** Numbers, their format, how far apart the result's neighbors lie among them, and the place of the first. */
interface Numbers {
  readonly data: Data & ArrayLike<number>;
  readonly format: keyof typeof formats;
  readonly strides: Axes;
  readonly first?: number;
}

/** Rearranges numbers, compares what comes out with its definition, and returns the arguments of each kernel. */
async function dispatches(device: Device, size: Axes, numbers: Numbers): Promise<Record<string, unknown>[]> {
  const { data, format, strides, first = 0 } = numbers;
  using memory = new Memory(device);
  const storage = memory.of(data);
  using result = device.tensor(size);
  const ran: Record<string, unknown>[] = [];
  using _observation = device.observe({ before: ({ args }) => ran.push(args) });
  rearrange(device, size, { storage, format, strides, first }, { storage: result.storage, channels: size[3] });
  const read = await result.read();
  let place = 0;
  for (let a = 0; a < size[0]; a++) {
    for (let b = 0; b < size[1]; b++) {
      for (let c = 0; c < size[2]; c++) {
        for (let k = 0; k < size[3]; k++) {
          const from = first + a * strides[0] + b * strides[1] + c * strides[2] + k * strides[3];
          check(read[place] === data[from], `${format} [${size.join()}]: number ${place} is ${read[place]}`);
          place++;
        }
      }
    }
  }
  return ran;
}

export const cases: Case[] = [
  {
    name: "axes in any order, padded to the bit; the gradient comes back in the order of before",
    async run(device) {
      for (const { shape, from, to } of orders) {
        const reference = (x: Float64Array): Float64Array => permutedArray(x, shape, from, to);
        const run = (x: Tensor): Tensor => permute(x, from, to);
        await checkOp(device, { inputs: [uniform(shape, 4)], run, reference }, `[${shape.join()}] ${from} to ${to}`);
      }
    },
  },
  {
    name: "the result has the sizes in the order that was asked for, and NaN and infinities stay",
    async run(device) {
      using values = device.tensor([2, 1, 3], [1, NaN, -0, Infinity, -Infinity, 6]);
      using result = permute(values, "hwc", "nchw");
      check(result.shape.join() === "1,3,2,1", result.shape.join());
      same(await result.read(), [1, Infinity, NaN, -Infinity, -0, 6], "values");
    },
  },
  {
    name: "arrays larger than a binding, down to a row of one channel at a time",
    async run(device) {
      const data = random(3).array(2 * 5 * 19 * 21);
      // A plane of a channel has 1596 bytes, or 1824 with rows padded to 24 numbers.
      for (const bindingBytes of [1024, 2560, 8192]) {
        using small = await openBeside(device, { bindingBytes });
        using values = small.tensor([2, 5, 19, 21], data);
        for (const to of ["nhwc", "wchn", "hwcn"]) {
          const expected = permutedArray(data, values.shape, "nchw", to);
          const what = `${to} in ${bindingBytes} bytes`;
          let largest = 0;
          using _observation = small.observe({
            before: ({ args }) =>
              (largest = Math.max(largest, (args.values as Storage).bytes, (args.result as Storage).bytes)),
          });
          using result = permute(values, "nchw", to);
          same(await result.read(), expected, what);
          check(largest > bindingBytes / 4, `${what}: the largest binding has ${largest} bytes`);
        }
      }
    },
  },
  {
    name: "names that do not fit are refused",
    async run(device) {
      using values = device.tensor([4, 5, 2]);
      for (const [from, to] of [
        ["hwc", "hw h"],
        ["hhc", "hwc"],
        ["hwc", "HWC"],
        ["hwc", ""],
        ["hwc", "nmhwc"],
        ["hwc", 3],
        [undefined, "hwc"],
      ] as [string, string][]) {
        const error = await rejects(() => permute(values, from, to), ValueError, `${from} to ${to}`);
        check(error.message.startsWith("permute: expected"), error.message);
      }
      for (const [from, to] of [
        ["hw", "wh"],
        ["nhwc", "nchw"],
        ["hwc", "hw"],
        ["hwc", "wc"],
      ] as const) {
        const error = await rejects(() => permute(values, from, to), ShapeError, `${from} to ${to}`);
        check(error.message.startsWith("permute: expected"), error.message);
      }
    },
  },
  {
    name: "what just fits a binding is not cut, and what does not is cut in halves, of channels in whole quads",
    async run(device) {
      const bindingBytes = 1024 + device.limits.alignment;
      using small = await openBeside(device, { bindingBytes });
      const data = random(3).array(600);
      // Pixels and channels of each window.
      for (const [size, strides, expected] of [
        // Numbers that lie as far apart as a binding reaches, and one farther.
        [[1, 1, 2, 1], [0, 0, 255, 1], "2×1"],
        [[1, 1, 2, 1], [0, 0, 256, 1], "1×1 1×1"],
        // The same number again and again: results of 64 quads, and of more.
        [[1, 1, 64, 1], [0, 0, 0, 1], "64×1"],
        [[1, 1, 65, 1], [0, 0, 0, 1], "33×1 32×1"],
        // Two channels may begin at the last lane of a quad.
        [[1, 1, 63, 2], [0, 0, 0, 1], "63×2"],
        [[1, 1, 64, 2], [0, 0, 0, 1], "32×2 32×2"],
        [[1, 1, 1, 5], [0, 0, 0, 64], "1×4 1×1"],
        [[1, 1, 1, 256], [0, 0, 0, 1], "1×256"],
      ] as const) {
        const ran = await dispatches(small, size, { data, format: "float32", strides });
        const cut = ran.map((args) => `${pixelsOf(args)}×${Number(args.channels)}`).join(" ");
        check(cut === expected, `[${size.join()}] by ${strides.join()}: expected ${expected}, got ${cut}`);
      }
    },
  },
  {
    name: "numbers of any format from any place on; no more is bound than what is read and written",
    async run(device) {
      const data = random(4).array(40, 0, 200).map(Math.round);
      for (const [format, own, first] of [
        ["float32", data, 21],
        ["int32", Int32Array.from(data), 21],
        ["uint8", Uint8Array.from(data), 21],
      ] as const) {
        const strides = [0, 0, 3, 1] as const;
        const [ran] = await dispatches(device, [1, 1, 2, 3], { data: own, format, strides, first });
        const bound = [ran!.values, ran!.result].map((storage) => (storage as Storage).bytes);
        const { bytes } = formats[format];
        const read = ((first * bytes) % device.limits.alignment) + 6 * bytes;
        same(bound, [Math.ceil(read / 4) * 4, 2 * 16], format);
      }
      // Half-precision numbers: zeros, and ones at the places that are read.
      const ones = Uint16Array.from({ length: 40 }, (_, i) => (i < 20 || i >= 26 ? 0 : 0x3c00));
      using memory = new Memory(device);
      using result = device.tensor([1, 6]);
      const source = {
        storage: memory.of(new Uint8Array(ones.buffer)),
        format: "float16",
        strides: [0, 0, 0, 1],
        first: 20,
      } as const;
      rearrange(device, [1, 1, 1, 6], source, { storage: result.storage, channels: 6 });
      same(await result.read(), [1, 1, 1, 1, 1, 1], "float16");
    },
  },
  {
    name: "the axes before the channels are gone through in the order of the numbers in memory",
    async run(device) {
      const numbers = { data: random(5).array(96), format: "float32", strides: [8, 32, 4, 1] } as const;
      const [ran] = await dispatches(device, [4, 3, 2, 4], numbers);
      same([ran!.outerStride, ran!.rowStride, ran!.columnStride].map(Number), [32, 8, 4], "strides");
      same([ran!.outer, ran!.rows, ran!.width].map(Number), [3, 4, 2], "sizes");
    },
  },
];
