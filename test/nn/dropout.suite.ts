import type { Device } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { dropout } from "../../src/nn/dropout.ts";
import { multiply } from "../../src/nn/multiply.ts";
import { Tape } from "../../src/tape.ts";
import { pcg4d } from "../reference/pcg4d.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const mask = async (device: Device, count: number, rate: number, seed: number): Promise<Float32Array> => {
  using ones = device.tensor([count], new Float32Array(count).fill(1));
  using result = dropout(ones, { rate, seed });
  return await result.read();
};

export const cases: Case[] = [
  {
    name: "the mask is that of the published generator, to the bit",
    async run(device) {
      for (const [count, rate, seed] of [
        [1, 0.5, 0],
        [259, 0.5, 7],
        [4 * 65, 0.25, 2 ** 40 + 3],
      ] as const) {
        const expected = Float32Array.from({ length: count }, (_, i) => {
          const number = pcg4d([i >> 2, seed >>> 0, Math.floor(seed / 2 ** 32), 0])[i & 3]!;
          return number >= Math.floor(rate * 2 ** 32) ? 1 / (1 - rate) : 0;
        });
        same(await mask(device, count, rate, seed), expected, `${count} values, seed ${seed}`);
      }
    },
  },
  {
    name: "as many values are kept as the rate says, each seed has its own mask, and neighbors are independent",
    async run(device) {
      const count = 40_000;
      for (const rate of [0, 0.1, 0.5, 0.9]) {
        const [a, b] = [await mask(device, count, rate, 1), await mask(device, count, rate, 2)];
        // Five standard deviations of a binomial's share.
        const share = (values: Float32Array): number => values.filter((value) => value > 0).length / count;
        const allowed = 5 * Math.sqrt((rate * (1 - rate)) / count);
        check(Math.abs(share(a) - (1 - rate)) <= allowed, `rate ${rate}: kept ${share(a)}`);
        for (const [what, other] of [["seed", b], ...[1, 4, 256].map((shift) => [`shift ${shift}`, a.slice(shift)])]) {
          const both = share(a.map((value, i) => value * ((other as Float32Array)[i] ?? 0)));
          const expected = (1 - rate) ** 2;
          const bound = 5 * Math.sqrt((expected * (1 - expected)) / count) + 256 / count;
          check(Math.abs(both - expected) <= bound, `rate ${rate}, ${what}: both kept ${both}, expected ${expected}`);
        }
      }
    },
  },
  {
    name: "the gradient passes the same mask",
    async run(device) {
      const shape = [3, 5, 6];
      using values = device.tensor(shape, random(1).array(90, -1, 1));
      using seed = device.tensor(shape, random(2).array(90, -1, 1));
      using ones = device.tensor(shape, new Float32Array(90).fill(1));
      using kept = dropout(ones, { rate: 0.5, seed: 9 });
      const tape = new Tape([values]);
      using result = dropout(values, { rate: 0.5, seed: 9 });
      using expected = multiply(values, kept);
      close(await result.read(), await expected.read(), {}, "result");
      using gradient = (await tape.gradients(result, seed)).get(values)!;
      using masked = multiply(seed, kept);
      close(await gradient.read(), await masked.read(), {}, "gradient");
    },
  },
  {
    name: "the highest rate keeps next to nothing",
    async run(device) {
      same(await mask(device, 200, 1 - 2 ** -40, 3), new Float32Array(200), "values");
    },
  },
  {
    name: "rates and seeds out of range are refused",
    async run(device) {
      using values = device.tensor([4]);
      for (const options of [
        { rate: 1, seed: 0 },
        { rate: -0.1, seed: 0 },
        { rate: NaN, seed: 0 },
        { rate: 0.5, seed: -1 },
        { rate: 0.5, seed: 0.5 },
        { rate: 0.5, seed: 2 ** 53 },
      ])
        await rejects(() => dropout(values, options), ValueError);
      const misspelled = { rate: 0.5, seed: 0, share: 0.5 };
      const error = await rejects(() => dropout(values, misspelled), ValueError);
      check(error.message.includes("expected options rate, seed"), error.message);
    },
  },
];
