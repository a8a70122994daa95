import { expect, test } from "vitest";
import { Confusion } from "../../src/data/confusion.ts";
import { checkPredictions } from "../../src/diagnosis/predictions.ts";

/** Findings where the truth has these labels, and the prediction those. */
function check(truth: readonly number[], predicted: readonly number[], refined = false) {
  const confusion = new Confusion(3).add(Uint8Array.from(truth), Uint8Array.from(predicted));
  const { classes, pixelAccuracy } = confusion.scores();
  return checkPredictions({
    file: "set",
    names: ["sky", "road", "tree"],
    iu: classes.map(({ iu }) => iu),
    pixelAccuracy,
    refined,
  });
}

test("a model that labels everything alike is told, and only that", () => {
  const truth = [0, 0, 1, 1, 1, 2, 255];
  expect(check(truth, [1, 1, 1, 1, 1, 1, 1])).toMatchObject([
    { code: "one-class-predicted", severity: "warning", seen: "road for every pixel" },
  ]);
  // One class is right, but others are guessed at.
  expect(check(truth, [2, 1, 1, 1, 1, 1, 0])).toEqual([]);
  expect(check(truth, [0, 1, 1, 1, 1, 1, 0])).toEqual([]);
  // All are right, since there is no other class.
  expect(check([1, 1, 1], [1, 1, 1])).toEqual([]);
  // Nothing is right.
  expect(check([0, 0, 1], [2, 2, 2])).toEqual([]);
});

test("behind a CRF the network is to be looked at first; labels stand for names", () => {
  expect(check([0, 1], [1, 1], true)[0]?.remedy).toMatch(/^look at the network alone.* else train longer/);
  expect(checkPredictions({ file: "set", iu: [0, 0.5], pixelAccuracy: 0.5, refined: false })).toMatchObject([
    { seen: "class 1 for every pixel", remedy: expect.stringMatching(/^train longer/) as string },
  ]);
});
