import { ShapeError, ValueError } from "../../src/errors.ts";
import { dice } from "../../src/nn/dice.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import { diceOf } from "../reference/nn.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";
import { checkOp, uniform } from "./op.ts";

/** One class; a padded row; a whole one; more than a block of rows; the last class never occurs. */
const shapes = [
  [1, 2, 1],
  [1, 4, 2],
  [7, 9, 4],
  [2, 20, 17, 5],
  [5, 13, 21],
] as const;

function someLabels(count: number, classes: number, ignore: number): Uint8Array {
  const numbers = random(count + classes);
  return Uint8Array.from({ length: count }, (_, i) =>
    i % 5 === 4 ? ignore : numbers.integer(Math.max(1, classes - 1)),
  );
}

export const cases: Case[] = [
  ...[255, 0].map((ignore): Case => ({
    name: `the Dice loss and its gradient, ${ignore} ignored`,
    async run(device) {
      for (const shape of shapes) {
        const classes = shape[shape.length - 1]!;
        const labels = someLabels(elementsOf(shape) / classes, classes, ignore);
        const op = {
          inputs: [uniform(shape, 5, -4, 4)],
          run: (scores: Parameters<typeof dice>[0]) =>
            dice(scores, scores.scope!.labels(shape.slice(0, -1), labels), { ignore }),
          reference: (x: Float64Array) => Float64Array.of(diceOf(x, classes, labels, ignore)),
          tolerance: { relative: 4e-6, absolute: 4e-6 },
          slopeTolerance: 2e-5,
          distance: 1e-3,
        };
        await checkOp(device, op, `[${shape}]`);
      }
    },
  })),
  {
    name: "certain scores that are right cost nothing, and those that are wrong everything; absent classes do not count",
    async run(device) {
      // Classes 0 and 1 occur. Right: 1 − 2·2/(2 + 2) = 0 each. Wrong: the sums of right shares are 0.
      using right = device.tensor([1, 4, 3], [99, 0, 0, 99, 0, 0, 0, 99, 0, 0, 99, 0]);
      using wrong = device.tensor([1, 4, 3], [0, 0, 99, 0, 99, 0, 99, 0, 0, 0, 0, 99]);
      using labels = device.labels([1, 4], [0, 0, 1, 1]);
      using none = dice(right, labels);
      using all = dice(wrong, labels);
      close(await none.read(), [0], { absolute: 1e-6 }, "right");
      close(await all.read(), [1], { absolute: 1e-6 }, "wrong");
      // Of four pixels of class 0 one is taken for class 1: 1 − 2·3/(3 + 4), and class 1 is not in the labels.
      using half = device.tensor([1, 4, 3], [99, 0, 0, 99, 0, 0, 99, 0, 0, 0, 99, 0]);
      using alike = device.labels([1, 4], [0, 0, 0, 0]);
      using loss = dice(half, alike);
      close(await loss.read(), [1 / 7], { absolute: 1e-6 }, "one of four");
    },
  },
  {
    name: "where all pixels are ignored, Dice loss and gradient are zero",
    async run(device) {
      using scores = device.tensor([1, 2, 3], [1, 2, 3, 4, 5, 6]);
      using labels = device.labels([1, 2], [255, 255]);
      using tape = new Tape([scores]);
      using loss = dice(scores, labels);
      same(await loss.read(), [0], "loss");
      using gradient = (await tape.gradients(loss)).get(scores)!;
      same(await gradient.read(), new Float32Array(6), "gradient");
    },
  },
  {
    name: "the Dice loss shows NaN and infinity, and refuses what does not fit",
    async run(device) {
      using labels = device.labels([1, 2], [0, 1]);
      for (const value of [NaN, Infinity]) {
        using scores = device.tensor([1, 2, 3], [1, 2, value, 4, 5, 6]);
        using loss = dice(scores, labels);
        check(Number.isNaN((await loss.read())[0]), `${value}`);
      }
      using scores = device.tensor([1, 2, 3]);
      using other = device.labels([2, 1], [0, 1]);
      using beyond = device.labels([1, 2], [0, 3]);
      await rejects(() => dice(scores, other), ShapeError);
      const { message } = await rejects(() => dice(scores, beyond), ValueError);
      check(message.includes("dice: expected labels below 3") && message.includes("label 3 at pixel [0, 1]"), message);
      await rejects(() => dice(scores, labels, { ignore: -1 }), ValueError);
      await rejects(() => dice(scores, labels, { weights: [1] } as object), ValueError);
      const noScores = await rejects(() => dice([1] as never, labels), ValueError);
      check(noScores.message.startsWith("dice: expected a tensor as scores"), noScores.message);
      const noLabels = await rejects(() => dice(scores, [0, 1] as never), ValueError);
      check(noLabels.message.startsWith("dice: expected labels as labels"), noLabels.message);
    },
  },
];
