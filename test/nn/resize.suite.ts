import type { Device, Storage } from "../../src/device/device.ts";
import { LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { resize } from "../../src/nn/resize.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { resizedMap } from "../reference/nn.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, rejects, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

/** Up, down, both, by whole factors and not; one pixel from many and many from one; a batch. */
const sizes: readonly { readonly shape: readonly number[]; readonly size: readonly [number, number] }[] = [
  { shape: [1, 1, 1], size: [1, 1] },
  { shape: [1, 1, 3], size: [4, 5] },
  { shape: [5, 7, 2], size: [1, 1] },
  { shape: [3, 4, 5], size: [9, 8] },
  { shape: [9, 11, 4], size: [3, 2] },
  { shape: [6, 5, 3], size: [4, 13] },
  { shape: [4, 1, 6], size: [3, 3] },
  { shape: [2, 5, 4, 21], size: [8, 7] },
  { shape: [13, 2, 1], size: [2, 17] },
];

/** What resizing to `size` gives, the gradient of one that was drawn, and how much of it was bound for that. */
async function resizedBack(
  device: Device,
  shape: readonly number[],
  size: readonly [number, number],
  alignCorners: boolean,
): Promise<{ readonly results: readonly Float32Array[]; readonly bound: number }> {
  using scope = device.scope();
  const values = scope.tensor(shape, uniform(shape, 8).data);
  const tape = new Tape([values]);
  const result = resize(values, size, { alignCorners });
  const seed = scope.tensor(result.shape, uniform(result.shape, 9).data);
  let bound = 0;
  using _observation = device.observe({
    before: ({ args }) => (bound += args.gradient ? (args.gradient as Storage).bytes : 0),
  });
  const gradients = await tape.gradients(result, seed);
  return { results: [await result.read(), await gradients.get(values)!.read()], bound: bound / seed.storage.bytes };
}

/** What a kernel wrote and read: the first row and their number, "+" where it added to what was there. */
interface Rows {
  readonly forward: string;
  readonly backward: string;
}

/** Resizes a map of as many rows to another number of rows, and tells which rows each kernel wrote and read. */
async function rowsOf(device: Device, from: Size, to: Size, alignCorners: boolean): Promise<Rows> {
  using scope = device.scope();
  const values = scope.tensor([...from, 4], uniform([...from, 4], 8).data);
  using tape = new Tape([values]);
  const kernels: string[] = [];
  using _observation = device.observe({
    before: ({ args }) => {
      const own = Object.fromEntries(Object.entries(args).map(([name, value]) => [name, Number(value)]));
      const read = (args.values as Storage | undefined)?.bytes ?? 0;
      kernels.push(
        args.gradient
          ? `${own.first} ${own.rows}<${own.gradientFirst} ${own.gradientRows}${own.accumulate ? "+" : ""}`
          : `${own.first} ${own.rows}<${own.valueFirst} ${(read / 16 - own.valueSkip!) / from[1]}`,
      );
    },
  });
  const result = resize(values, to, { alignCorners });
  const forward = kernels.splice(0).join(", ");
  await tape.gradients(result, scope.tensor(result.shape));
  return { forward, backward: kernels.join(", ") };
}

type Size = readonly [height: number, width: number];

export const cases: Case[] = [
  {
    name: "bilinear interpolation by areas and by centers of corners; the gradient is its transpose",
    async run(device) {
      for (const alignCorners of [false, true]) {
        for (const { shape, size } of sizes) {
          const reference = (x: Float64Array): Float64Array => resizedMap(x, shape, size, alignCorners);
          const run = (x: Tensor): Tensor => resize(x, size, { alignCorners });
          const op = { inputs: [uniform(shape, 4)], run, reference, tolerance: { absolute: 1e-6 } };
          await checkOp(device, op, `[${shape.join()}] to ${size.join("×")}, aligned ${alignCorners}`);
        }
      }
    },
  },
  {
    name: "the values of PyTorch's documentation, by areas and by centers",
    async run(device) {
      using values = device.tensor([2, 2, 1], [1, 2, 3, 4]);
      using areas = resize(values, [4, 4]);
      const byAreas = [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4];
      same(await areas.read(), byAreas, "areas");
      using centers = resize(values, [3, 3], { alignCorners: true });
      same(await centers.read(), [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4], "centers");
    },
  },
  {
    name: "the same size gives the same bits, and what lies on a pixel is not touched by its neighbors",
    async run(device) {
      const input = uniform([5, 6, 3], 2);
      using values = device.tensor(input.shape, input.data);
      for (const alignCorners of [false, true]) {
        using result = resize(values, [5, 6], { alignCorners });
        same(await result.read(), input.data, `aligned ${alignCorners}`);
      }
      using spoiled = device.tensor([1, 3, 1], [1, NaN, 3]);
      using result = resize(spoiled, [1, 5], { alignCorners: true });
      same(await result.read(), [1, NaN, NaN, NaN, 3], "beside NaN");
    },
  },
  {
    name: "a row whose share is in more rows than a binding holds gathers them in ranges, to the same bits",
    async run(device) {
      using small = await openBeside(device, { bindingBytes: 4096 });
      for (const [shape, size] of [
        [
          [1, 1, 3],
          [80, 7],
        ],
        [
          [2, 2, 3, 5],
          [53, 9],
        ],
        [
          [30, 9, 3],
          [2, 60],
        ],
        [
          [60, 9, 3],
          [150, 7],
        ],
        [
          [2, 40, 20, 5],
          [17, 11],
        ],
      ] as const) {
        for (const alignCorners of [false, true]) {
          const whole = await resizedBack(device, shape, size, alignCorners);
          const parts = await resizedBack(small, shape, size, alignCorners);
          const what = `[${shape.join()}] to ${size.join("×")}, aligned ${alignCorners}`;
          whole.results.forEach((values, i) => same(parts.results[i]!, values, `${what}: ${i}`));
          // Ranges share the rows at their ends, and begin at a multiple of the device's alignment.
          const { bound } = parts;
          check(bound >= 1 && bound < 2.25, `${what}: the gradient was bound ${bound} times`);
        }
      }
    },
  },
  {
    name: "sizes that are none are refused, and products that the kernels cannot compute",
    async run(device) {
      using values = device.tensor([4, 5, 2]);
      for (const size of [[0, 4], [4], [4, 5, 2], [2.5, 3], [-1, 4], "4,5", undefined]) {
        const error = await rejects(() => resize(values, size as [number, number]), ShapeError, String(size));
        check(error.message.startsWith("resize: expected"), error.message);
      }
      for (const [height, width] of [
        [2 ** 27 + 1, 1],
        [1, 2 ** 27],
      ] as const) {
        const { message } = await rejects(() => resize(values, [height, width]), LimitError);
        check(message.includes("products with the new ones are at most 536870912"), message);
        check(message.includes(`got 4 by 5 pixels to ${height} by ${width} `), message);
      }
      using pixel = device.tensor([1, 1, 1]);
      for (const size of [
        [2 ** 29, 1],
        [1, 2 ** 29],
      ] as const) {
        // The kernels could compute it; it is memory that lacks.
        const { message } = await rejects<Error>(() => resize(pixel, size), Error);
        check(!message.includes("products"), message);
      }
      await rejects(() => resize(values, [1, 1], { align: true } as object), ValueError);
      await rejects(() => resize(values, [1, 1], { alignCorners: 1 as unknown as boolean }), ValueError);
      using row = device.tensor([4]);
      await rejects(() => resize(row, [4, 4]), ShapeError);
    },
  },
  {
    name: "a kernel writes and reads as many rows as fit a binding, with one on either side beyond its need at the most",
    async run(device) {
      // 32 pixels of a quad.
      const bindingBytes = 512 + device.limits.alignment;
      using small = await openBeside(device, { bindingBytes });
      for (const { from, to, aligned, forward, backward } of [
        {
          from: [4, 8],
          to: [8, 8],
          aligned: false,
          forward: "0 4<0 3, 4 4<1 3",
          backward: "0 1<0 4, 1 1<0 4, 1 1<4 2+, 2 1<2 4, 2 1<6 2+, 3 1<4 4",
        },
        {
          from: [3, 8],
          to: [9, 8],
          aligned: false,
          forward: "0 4<0 2, 4 4<1 2, 8 1<2 1",
          backward: "0 1<0 4, 0 1<4 1+, 1 1<1 4, 1 1<5 3+, 2 1<4 4, 2 1<8 1+",
        },
        {
          from: [3, 8],
          to: [9, 8],
          aligned: true,
          forward: "0 4<0 2, 4 4<1 2, 8 1<2 1",
          backward: "0 1<0 4, 0 1<4 1+, 1 1<0 4, 1 1<4 4+, 1 1<8 1+, 2 1<4 4, 2 1<8 1+",
        },
        {
          from: [4, 16],
          to: [9, 4],
          aligned: false,
          forward: "0 2<0 2, 2 1<0 2, 3 3<1 2, 6 3<2 2",
          backward: "0 2<0 7, 2 2<2 7",
        },
        {
          from: [6, 8],
          to: [6, 8],
          aligned: false,
          forward: "0 2<0 3, 2 4<2 4",
          backward: "0 2<0 3, 2 2<1 4, 4 2<3 3",
        },
        {
          from: [9, 16],
          to: [3, 16],
          aligned: false,
          forward: "0 1<1 2, 1 1<4 2, 2 1<7 2",
          backward: "0 2<0 2, 2 2<0 2, 4 1<0 2, 4 1<2 1+, 5 2<1 2, 7 2<1 2",
        },
        {
          from: [9, 4],
          to: [7, 6],
          aligned: true,
          forward: "0 5<0 7, 5 2<6 3",
          backward: "0 4<0 4, 4 5<2 5",
        },
        // Five rows fit, and are made of six: the larger half of them comes first.
        {
          from: [6, 6],
          to: [6, 6],
          aligned: false,
          forward: "0 3<0 4, 3 3<3 3",
          backward: "0 3<0 4, 3 3<2 4",
        },
        // A row that takes a whole binding.
        {
          from: [1, 4],
          to: [3, bindingBytes / 16],
          aligned: false,
          forward: "0 1<0 1, 1 1<0 1, 2 1<0 1",
          backward: "0 1<0 1, 0 1<1 1+, 0 1<2 1+",
        },
      ] as const) {
        const rows = await rowsOf(small, from, to, aligned);
        const what = `${from.join("×")} to ${to.join("×")}, aligned ${aligned}`;
        check(rows.forward === forward, `${what}: expected ${forward}, got ${rows.forward}`);
        check(rows.backward === backward, `${what}, gradient: expected ${backward}, got ${rows.backward}`);
      }
      await rejects(() => rowsOf(small, [1, 4], [3, bindingBytes / 16 + 1], false), LimitError);
    },
  },
];
