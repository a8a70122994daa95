import { ShapeError, ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { mean } from "../../src/nn/mean.ts";
import type { Tensor } from "../../src/tensor.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, rejects } from "../suite.ts";
import { checkOp, shapes, uniform } from "./op.ts";

export const cases: Case[] = [
  {
    name: "the mean of all values of any shape; every one has the same share in it",
    async run(device) {
      for (const shape of [...shapes, [257, 9]]) {
        const reference = (x: Float64Array): Float64Array =>
          Float64Array.of(x.reduce((sum, value) => sum + value, 0) / x.length);
        const op = {
          inputs: [uniform(shape, 5)],
          run: (x: Tensor): Tensor => mean(x),
          reference,
          tolerance: { absolute: 1e-7 },
        };
        await checkOp(device, op, `[${shape.join()}]`);
      }
    },
  },
  {
    name: "the mean of the pixels, of every channel and image",
    async run(device) {
      for (const shape of [
        [1, 1, 1],
        [5, 7, 3],
        [16, 17, 5],
        [4, 16, 4, 4],
        [3, 5, 7, 6],
        [2, 1, 1, 9],
      ]) {
        const channels = shape.at(-1)!;
        const [height, width] = shape.slice(-3) as [number, number];
        const pixels = height * width;
        const reference = (x: Float64Array): Float64Array => {
          const sums = new Float64Array(x.length / pixels);
          x.forEach((value, i) => (sums[Math.floor(i / channels / pixels) * channels + (i % channels)]! += value));
          return sums.map((sum) => sum / pixels);
        };
        const run = (x: Tensor): Tensor => mean(x, { axes: "hw" });
        const op = { inputs: [uniform(shape, 6)], run, reference, tolerance: { absolute: 2e-7 } };
        await checkOp(device, op, `[${shape.join()}]`);
      }
    },
  },
  {
    name: "gradients in ranges of rows that begin within an image",
    async run(device) {
      // 64 rows of 32 bytes.
      using small = await openBeside(device, { bindingBytes: 2048 });
      const reference = (x: Float64Array): Float64Array =>
        Float64Array.from({ length: 18 }, (_, i) => {
          const own = x.filter((_, j) => Math.floor(j / 210) === Math.floor(i / 6) && j % 6 === i % 6);
          return own.reduce((sum, value) => sum + value, 0) / 35;
        });
      const run = (x: Tensor): Tensor => mean(x, { axes: "hw" });
      await checkOp(small, { inputs: [uniform([3, 5, 7, 6], 6)], run, reference, tolerance: { absolute: 2e-7 } }, "hw");
    },
  },
  {
    name: "one quad is written for one number, however many channels there are",
    async run(device) {
      using values = device.tensor([3, 9], uniform([3, 9], 1).data);
      const counts: unknown[] = [];
      using _observation = device.observe({
        before: ({ kernel, args }) => kernel.file.endsWith("/mean.wgsl") && counts.push(args.count),
      });
      using result = mean(values);
      await result.read();
      check(counts.join() === "1", `quads: ${counts.join()}`);
    },
  },
  {
    name: "pixels of what has none, weights, and axes of another name are refused",
    async run(device) {
      using rows = device.tensor([4, 3]);
      using weight = device.tensor([1, 1, 1, 1], [1], panels);
      await rejects(() => mean(rows, { axes: "hw" }), ShapeError);
      for (const options of [{}, { axes: "hw" }] as const) await rejects(() => mean(weight, options), ShapeError);
      await rejects(() => mean(rows, { axis: "all" } as object), ValueError);
      const error = await rejects(() => mean(rows, { axes: "h" as "hw" }), ValueError);
      check(error.message.includes("axes: all or hw"), error.message);
    },
  },
];
