import type { Device } from "../../src/device/device.ts";
import { LimitError, ShapeError, ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { add } from "../../src/nn/add.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { direct } from "../../src/nn/convolution.ts";
import type { Convolution } from "../../src/nn/geometry.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";
import {
  checkOp,
  checkSlope,
  convolution,
  given,
  type Given,
  type Got,
  nameOf,
  refusesOptions,
  runOp,
  withBindings,
  withProperty,
} from "./convolutions.ts";

const run = (device: Device, case_: Given): Promise<Got> =>
  runOp(device, case_, (values, weight, bias) => {
    const { stride, padding } = case_.sizes;
    return conv2d(values, weight, { bias, stride, padding, relu: case_.relu });
  });

const sizes: readonly Convolution[] = [
  convolution([1, 1, 1, 1], [1, 1, 1]),
  convolution([1, 5, 4, 3], [8, 1, 1]),
  convolution([1, 6, 7, 5], [9, 3, 3], 1, 1),
  convolution([2, 5, 9, 8], [4, 3, 3], 1, 1),
  convolution([1, 3, 2, 3], [5, 3, 3], 1, 9),
  convolution([1, 9, 8, 4], [12, 7, 7]),
  convolution([1, 7, 7, 6], [21, 7, 7]),
  convolution([2, 11, 10, 3], [10, 3, 3], 2, 1),
  convolution([1, 12, 9, 7], [3, 4, 2], 3, 2),
  convolution([1, 6, 5, 2], [4, 2, 3], 4, 0),
  convolution([1, 20, 19, 4], [4, 5, 5], 1, 2),
  // More inputs by taps than one chunk of weights, and a row of taps that is no run of memory.
  convolution([1, 3, 4, 260], [3, 1, 2], 1, 1),
  convolution([1, 2, 3, 520], [4, 2, 1]),
];

/** Maps cut within images, between them, and where all rows of a piece lie in the padding. */
const beyondBindings: readonly (readonly [Convolution, bindingBytes: number])[] = [
  [convolution([2, 23, 11, 5], [6, 5, 3], 2, 2), 8192],
  [convolution([1, 5, 40, 16], [5, 3, 3], 1, 9), 12_000],
  [convolution([3, 29, 11, 7], [9, 2, 2], 3, 1), 12_288],
  // Minimal filtering: its weights alone take 24,576 bytes.
  [convolution([2, 65, 10, 12], [12, 3, 3], 1, 1), 24_600],
  [convolution([1, 63, 10, 12], [16, 3, 3], 1, 0), 24_600],
];

/** Sums of magnitudes on the way: see test/nn/winograd.suite.ts. */
const growthOf = ({ input, output, stride }: Convolution): number =>
  stride === 1 && Math.min(input.channels, output.channels) >= 8 ? (8 / 3) ** 2 : 1;

export const cases: Case[] = [
  ...sizes.map((size, index) => ({
    name: `a convolution and its gradients: ${nameOf(size)}`,
    async run(device: Device) {
      for (const [bias, relu] of [
        [false, false],
        [true, false],
        [true, true],
      ] as const) {
        const numbers = random(index + 1);
        const case_ = given(numbers, size, { bias, relu });
        const got = await run(device, case_);
        checkOp(case_, got);
        checkSlope(case_, got, numbers, nameOf(size));
      }
    },
  })),
  {
    name: "a convolution with a weight larger than a binding, and its gradients",
    async run(device) {
      // 8 panels of 19,200 bytes; transposed, 3 of 51,200.
      const case_ = given(random(5), convolution([1, 5, 6, 24], [64, 5, 5]), {});
      await withBindings(device, 60_000, async () => checkOp(case_, await run(device, case_)));
    },
  },
  {
    name: "a convolution of maps larger than a binding, and its gradients: the same sums of every pixel",
    async run(device) {
      for (const [size, bindingBytes] of beyondBindings) {
        const case_ = given(random(6), size, { bias: true, relu: true });
        const whole = await run(device, case_);
        // Bindings begin before their rows, as an adapter has it whose alignment is larger than a row.
        await withProperty(device, "limits", { ...device.limits, bindingBytes, alignment: 256 }, async () => {
          const got = await run(device, case_);
          checkOp(case_, got, growthOf(size));
          same(got.result, whole.result, nameOf(size));
          same(got.gradients[0]!, whole.gradients[0]!, `${nameOf(size)}, values`);
        });
      }
    },
  },
  {
    name: "a row that no binding can hold is refused",
    async run(device) {
      const case_ = given(random(7), convolution([1, 6, 60, 4], [4, 3, 3]), {});
      await withBindings(device, 2000, async () => {
        const says = /within 2000 bytes, the device's largest binding/;
        const error = await rejects(() => run(device, case_), LimitError);
        check(says.test(error.message), error.message);
        const { sizes } = case_;
        using map = device.tensor([6, 60, 4]);
        using weight = device.tensor([4, 4, 3, 3], undefined, panels);
        const gradient = await rejects(
          () =>
            direct.weightGradient(device, sizes, { input: map.storage, output: map.storage, weights: weight.storage }),
          LimitError,
        );
        check(says.test(gradient.message), gradient.message);
      });
    },
  },
  {
    name: "a convolution of what does not fit is refused by name",
    async run(device) {
      using map = device.tensor([4, 4, 3]);
      using flat = device.tensor([4, 3]);
      using plain = device.tensor([2, 3, 3, 3]);
      using weight = device.tensor([2, 3, 3, 3], undefined, panels);
      using other = device.tensor([2, 4, 3, 3], undefined, panels);
      using large = device.tensor([2, 3, 5, 5], undefined, panels);
      using tall = device.tensor([2, 3, 5, 1], undefined, panels);
      using wide = device.tensor([2, 3, 1, 5], undefined, panels);
      using bias = device.tensor([3]);
      using row = device.tensor([1, 2]);
      const refusals: [() => unknown, RegExp][] = [
        [() => conv2d(flat, weight), /a map .* got \[4, 3\]/],
        [() => conv2d(map, plain), /layout panels, got \[2, 3, 3, 3\] in layout rows/],
        [() => conv2d(map, other), /a weight \[outputs, channels, height, width\] for 3 channels, got \[2, 4, 3, 3\]/],
        [() => conv2d(map, large), /one pixel or more, got 0 by 0/],
        [() => conv2d(map, tall), /one pixel or more, got 0 by 4 from a map of 4 by 4/],
        [() => conv2d(map, wide), /one pixel or more, got 4 by 0/],
        [() => conv2d(map, weight, { bias: row }), /a bias \[2\], got \[1, 2\]/],
        [() => conv2d(map, weight, { bias }), /a bias \[2\], got \[3\]/],
        [() => conv2d(map, weight, { stride: 0 }), /stride 0/],
        [() => conv2d(map, weight, { padding: -1 }), /padding -1/],
        [() => conv2d(map, weight, { stride: 1.5 }), /stride 1.5/],
        [() => conv2d(map, weight, { padding: 0.5 }), /padding 0.5/],
      ];
      for (const [call, message] of refusals) {
        const error = await rejects(async () => call(), ShapeError);
        check(message.test(error.message) && error.remedy !== undefined, error.message);
      }
      await refusesOptions((options) => conv2d(map, weight, options));
      const error = await rejects(() => conv2d(map, weight, { relu: "yes" as never }), ValueError);
      check(error.message.includes("conv2d: expected relu: true or false"), error.message);
    },
  },
  {
    name: "two results that share a gradient each mask their own",
    async run(device) {
      using weight = device.tensor([1, 1, 1, 1], [1], panels);
      using a = device.tensor([1, 4, 1], [1, -1, 1, -1]);
      using b = device.tensor([1, 4, 1], [1, 1, -1, -1]);
      using seed = device.tensor([1, 4, 1], [1, 10, 100, 1000]);
      using tape = new Tape([a, b]);
      using ofA = conv2d(a, weight, { relu: true });
      using ofB = conv2d(b, weight, { relu: true });
      using both = add(ofA, ofB);
      const gradients = await tape.gradients(both, seed);
      using gradientOfA = gradients.get(a)!;
      using gradientOfB = gradients.get(b)!;
      same(await gradientOfA.read(), [1, 0, 100, 0], "a");
      same(await gradientOfB.read(), [1, 10, 0, 0], "b");
    },
  },
];
