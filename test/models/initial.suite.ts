import { fcn8s } from "../../src/models/fcn8s.ts";
import { initialValues } from "../../src/models/initial.ts";
import { pcg4d } from "../reference/pcg4d.ts";
import { type Case, check, close, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "He's initialization: mean 0, variance 2/inputs, the same for a seed, another for another name",
    async run() {
      const shape = [40, 30, 3, 3];
      const values = initialValues("he", "conv3_1.weight", shape, 3);
      const count = values.length;
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / count;
      const expected = 2 / (30 * 9);
      // Five standard deviations of a mean, and of a mean of squares, of a uniform distribution.
      check(Math.abs(mean) < 5 * Math.sqrt(expected / count), `mean ${mean}`);
      check(Math.abs(variance / expected - 1) < 5 * Math.sqrt(0.8 / count), `variance ${variance}, not ${expected}`);
      const limit = Math.sqrt(3 * expected);
      check(
        values.every((value) => Math.abs(value) <= limit),
        "within the limit",
      );
      same(initialValues("he", "conv3_1.weight", shape, 3), values, "again");
      for (const other of [
        initialValues("he", "conv3_2.weight", shape, 3),
        initialValues("he", "conv3_1.weight", shape, 4),
        initialValues("he", "conv3_1.weight", shape, 2 ** 40 + 3),
      ]) {
        const product = other.reduce((sum, value, i) => sum + value * values[i]!, 0) / count;
        check(Math.abs(product) < (5 * expected) / Math.sqrt(count), `correlation ${product / expected}`);
      }
    },
  },
  {
    name: "He's initialization: the numbers are the published generator's, of index, FNV-1a of the name, and seed",
    async run() {
      // FNV-1a of "a", from the table of its publication.
      const hash = 0xe40c292c;
      for (const seed of [0, 2 ** 40 + 3]) {
        const expected = Float32Array.from({ length: 6 }, (_, i) => {
          const number = pcg4d([i >> 2, hash, seed >>> 0, Math.floor(seed / 2 ** 32) + 1])[i & 3]!;
          return (((number >>> 8) + 0.5) / 2 ** 23 - 1) * Math.sqrt(6 / 6);
        });
        same(initialValues("he", "a", [1, 6, 1, 1], seed), expected, `seed ${seed}`);
      }
    },
  },
  {
    name: "interpolations are bilinear, and each class of itself alone",
    async run(device) {
      using network = fcn8s(device, { classes: 2, widths: [1, 1, 1, 1, 1], fc: 1 });
      const { shape } = network.parameters["upscore2.weight"]!;
      check(shape.join() === "2,2,4,4", `${shape}`);
      const line = [0.25, 0.75, 0.75, 0.25];
      const square = line.flatMap((y) => line.map((x) => x * y));
      const zeros = new Array<number>(16).fill(0);
      const values = await network.parameters["upscore2.weight"]!.read();
      close(values, [...square, ...zeros, ...zeros, ...square], {}, "4×4");
      const odd = [1 / 4, 1 / 2, 3 / 4, 1, 3 / 4, 1 / 2, 1 / 4].flatMap((y, _, all) => all.map((x) => x * y));
      close(initialValues("bilinear", "", [1, 1, 7, 7], 0), odd, { absolute: 1e-7 }, "7×7");
      for (const name of ["score_fr.weight", "score_pool3.weight", "conv1_1.bias"]) {
        check(
          (await network.parameters[name]!.read()).every((value) => value === 0),
          `${name} begins at zero`,
        );
      }
    },
  },
];
