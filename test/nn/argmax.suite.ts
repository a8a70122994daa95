import type { Storage } from "../../src/device/device.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { panels } from "../../src/layout.ts";
import { argmax } from "../../src/nn/argmax.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

/** The first place of the largest number of each row. */
function highest(scores: ArrayLike<number>, channels: number): number[] {
  return Array.from({ length: scores.length / channels }, (_, row) => {
    const own = Array.from({ length: channels }, (_, c) => scores[row * channels + c]!);
    return own.indexOf(Math.max(...own));
  });
}

export const cases: Case[] = [
  {
    name: "the first of the highest scores of every row, in bytes and in words of 16 bits",
    async run(device) {
      for (const shape of [[1], [3], [5, 1], [4, 5, 3], [2, 3, 7, 4], [67, 21], [3, 255]]) {
        const channels = shape.at(-1)!;
        const count = shape.reduce((product, size) => product * size);
        // Few different numbers, so that many tie.
        const scores = random(channels).array(count, -3, 3).map(Math.round);
        using tensor = device.tensor(shape, scores);
        const labels = await argmax(tensor);
        check(labels instanceof Uint8Array, labels.constructor.name);
        same(labels, highest(scores, channels), `[${shape.join()}]`);
        const wide = await argmax(tensor, { bits: 16 });
        check(wide instanceof Uint16Array, wide.constructor.name);
        same(wide, highest(scores, channels), `[${shape.join()}] in 16 bits`);
      }
    },
  },
  {
    name: "labels above 255, negative scores, and infinities of either sign",
    async run(device) {
      const scores = random(1).array(3 * 300, -9, -1);
      scores[299] = -0.5;
      scores[300 + 256] = -0.5;
      using many = device.tensor([3, 300], scores);
      const labels = await argmax(many, { bits: 16 });
      same(labels.slice(0, 2), [299, 256], "labels");
      const inf = Infinity;
      using rows = device.tensor([4, 3], [-inf, -inf, -inf, -inf, -3, -inf, 1, inf, inf, -inf, -inf, inf]);
      same(await argmax(rows), [0, 1, 1, 2], "beside infinities");
    },
  },
  {
    name: "NaN is told by its first pixel; more classes than a label tells apart are refused",
    async run(device) {
      for (const channel of [0, 1, 4]) {
        const scores = random(2).array(6 * 5);
        scores[3 * 5 + channel] = NaN;
        scores[5 * 5] = NaN;
        using tensor = device.tensor([2, 3, 5], scores);
        for (const bits of [8, 16] as const) {
          const error = await rejects(argmax(tensor, { bits: bits as 8 }), ValueError);
          check(error.message.includes("NaN at pixel [1, 0]"), error.message);
        }
      }
      using many = device.tensor([1, 256]);
      const error = await rejects(argmax(many), ShapeError);
      check(error.message.includes("at most 255 classes") && error.message.includes("bits: 16"), error.message);
      await rejects(argmax(many, { bits: 32 as 8 }), ValueError);
      await rejects(argmax(many, { bit: 16 } as object), ValueError);
      using weight = device.tensor([1, 1, 1, 1], [1], panels);
      await rejects(argmax(weight), ShapeError);
    },
  },
  {
    name: "whole words are bound for labels, and one for the first NaN",
    async run(device) {
      using scores = device.tensor([23, 3]);
      for (const [bits, bytes] of [
        [8, 24],
        [16, 48],
      ] as const) {
        const bound: string[] = [];
        using _observation = device.observe({
          before: ({ args }) => bound.push([args.labels, args.status].map((own) => (own as Storage).bytes).join()),
        });
        await argmax(scores, { bits });
        check(bound.join(" ") === `${bytes},4`, `${bits} bits: ${bound.join(" ")}`);
      }
    },
  },
];
