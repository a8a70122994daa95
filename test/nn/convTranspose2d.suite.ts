import type { Device } from "../../src/device/device.ts";
import { ShapeError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { convTranspose2d } from "../../src/nn/convTranspose2d.ts";
import type { Convolution } from "../../src/nn/geometry.ts";
import type { Tensor } from "../../src/tensor.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";
import {
  checkOp,
  checkSlope,
  convolution,
  given,
  nameOf,
  refusesOptions,
  runOp,
  withBindings,
} from "./convolutions.ts";

/** A transposed convolution of a map [images, height, width, channels]: from the output of the convolution it reverses. */
function transposed(
  [images, height, width, channels]: readonly number[],
  [outputs, kernelHeight, kernelWidth]: readonly number[],
  stride: number,
  padding = 0,
): Convolution {
  const pixels = (size: number, kernel: number): number => (size - 1) * stride + kernel - 2 * padding;
  const input = [images!, pixels(height!, kernelHeight!), pixels(width!, kernelWidth!), outputs!];
  return convolution(input, [channels!, kernelHeight!, kernelWidth!], stride, padding);
}

const sizes: readonly Convolution[] = [
  transposed([1, 1, 1, 1], [1, 1, 1], 1),
  transposed([1, 4, 3, 5], [5, 4, 4], 2),
  transposed([2, 3, 5, 21], [9, 4, 4], 2),
  transposed([1, 3, 2, 3], [4, 16, 16], 8),
  transposed([1, 5, 4, 8], [3, 3, 3], 1, 1),
  transposed([1, 4, 5, 6], [7, 5, 3], 3, 1),
  transposed([1, 3, 3, 2], [2, 2, 2], 3),
];

export const cases: Case[] = [
  ...sizes.map((size, index) => ({
    name: `a transposed convolution and its gradients: ${nameOf(size)}`,
    async run(device: Device) {
      for (const bias of [false, true]) {
        const numbers = random(index + 1);
        const case_ = given(numbers, size, { bias, transposed: true });
        const got = await runOp(device, case_, (values, weight, bias) => {
          return convTranspose2d(values, weight, { bias, stride: size.stride, padding: size.padding });
        });
        checkOp(case_, got);
        checkSlope(case_, got, numbers, nameOf(size));
      }
    },
  })),
  {
    name: "a transposed convolution of maps larger than a binding, and its gradients: the same sums of every pixel",
    async run(device) {
      for (const size of [transposed([2, 13, 15, 5], [6, 4, 4], 2), transposed([1, 17, 9, 6], [7, 5, 3], 3, 1)]) {
        const case_ = given(random(6), size, { bias: true, transposed: true });
        const op = (values: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor =>
          convTranspose2d(values, weight, { bias, stride: size.stride, padding: size.padding });
        const whole = await runOp(device, case_, op);
        await withBindings(device, 8192, async () => {
          const got = await runOp(device, case_, op);
          checkOp(case_, got);
          same(got.result, whole.result, nameOf(size));
          same(got.gradients[0]!, whole.gradients[0]!, `${nameOf(size)}, values`);
        });
      }
    },
  },
  {
    name: "a transposed convolution of what does not fit is refused by name",
    async run(device) {
      using map = device.tensor([4, 4, 3]);
      using one = device.tensor([1, 1, 3]);
      using weight = device.tensor([3, 2, 2, 2], undefined, panels);
      using other = device.tensor([2, 3, 2, 2], undefined, panels);
      const refusals: [() => unknown, RegExp][] = [
        [
          () => convTranspose2d(map, other),
          /a weight \[channels, outputs, height, width\] for 3 channels, got \[2, 3, 2, 2\]/,
        ],
        [() => convTranspose2d(one, weight, { padding: 1 }), /one pixel or more, got 0 by 0/],
        [() => convTranspose2d(map, weight, { stride: 0 }), /stride 0/],
        [() => convTranspose2d(map, weight, { padding: -1 }), /padding -1/],
        [() => convTranspose2d(map, weight, { bias: one }), /a bias \[2\], got \[1, 1, 3\]/],
      ];
      for (const [call, message] of refusals) {
        const error = await rejects(async () => call(), ShapeError);
        check(message.test(error.message) && error.remedy !== undefined, error.message);
      }
      await refusesOptions((options) => convTranspose2d(map, weight, options));
    },
  },
];
