import type { Storage } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { permute } from "../../src/nn/permute.ts";
import type { Tensor } from "../../src/tensor.ts";
import { permutedArray } from "../reference/nn.ts";
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
        using small = await open({ prefer: device.kind, threads: device.info.threads, bindingBytes });
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
];
