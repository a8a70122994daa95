import type { Device } from "../../src/device/device.ts";
import { panels } from "../../src/layout.ts";
import { winograd } from "../../src/nn/winograd.ts";
import { type Case, random } from "../suite.ts";
import { convolution, given, nameOf } from "./convolutions.ts";
import { absolute, convolved, convolvedBack, weightGradient } from "../reference/convolution.ts";
import { close, maximum } from "../suite.ts";
import { weightShape } from "./convolutions.ts";

/** By how much sums of magnitudes grow on the way: (8/3)² in values of one sign (winograd.wgsl), and three roundings each side. */
const growth = (8 / 3) ** 2;

const sizes = [
  convolution([1, 1, 1, 1], [1, 3, 3], 1, 1),
  convolution([1, 5, 4, 3], [8, 3, 3], 1, 1),
  convolution([2, 6, 7, 5], [9, 3, 3], 1, 1),
  convolution([1, 3, 3, 4], [4, 3, 3]),
  convolution([1, 2, 3, 7], [13, 3, 3], 1, 4),
  convolution([1, 9, 12, 12], [20, 3, 3], 1, 2),
  // More tiles than a band of the scratch memory's holds.
  convolution([1, 61, 62, 68], [4, 3, 3], 1, 1),
];

export const cases: Case[] = sizes.map((size, index) => ({
  name: `minimal filtering, forward and both adjoints: ${nameOf(size)}`,
  async run(device: Device) {
    using _scope = device.scope();
    const { input, output } = size;
    const { values, weights, seed, bias } = given(random(index + 1), size, { bias: true });
    const map = (of: typeof input): number[] => [of.images, of.height, of.width, of.channels];
    const [x, w] = [device.tensor(map(input), values), device.tensor(weightShape(size), weights, panels)];
    const [g, b] = [device.tensor(map(output), seed), device.tensor([output.channels], bias)];
    const [y, ofValues, ofWeight] = [g.like(), x.like(), w.like()];
    const ending = { bias: b.storage, relu: true };
    winograd.convolve(device, size, x.storage, w.storage, y.storage, ending);
    winograd.convolveBack(device, size, g.storage, w.storage, ofValues.storage, {});
    winograd.weightGradient(device, size, x.storage, g.storage, ofWeight.storage);

    const [a, c, d] = [absolute(values), absolute(weights), absolute(seed)];
    const bound = (terms: number, magnitudes: Float64Array): { absolute: number } => ({
      absolute: (terms + 8) * growth * 2 ** -24 * (maximum(magnitudes) + 1),
    });
    const sums = convolved(size, values, weights).map((sum, i) => Math.max(0, sum + bias![i % output.channels]));
    close(await y.read(), sums, bound(input.channels, convolved(size, a, c)), "result");
    const back = convolvedBack(size, seed, weights);
    close(await ofValues.read(), back, bound(output.channels, convolvedBack(size, d, c)), "values");
    const tiles = (output.images * output.height * output.width) / 4 + 4;
    close(
      await ofWeight.read(),
      weightGradient(size, values, seed),
      bound(tiles, weightGradient(size, a, d)),
      "weight",
    );
  },
}));
