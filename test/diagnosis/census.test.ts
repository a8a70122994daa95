import { expect, test } from "vitest";
import { vocPalette } from "../../src/data/palette.ts";
import { checkCensus, checkPalette } from "../../src/diagnosis/census.ts";

const names = ["ground", "leaf", "stem"];
const found = (counts: Record<number, number>, splits?: Record<string, ReadonlySet<number>>) => {
  const pixels = new Float64Array(256);
  for (const [label, count] of Object.entries(counts)) pixels[Number(label)] = count;
  return checkCensus({ file: "set", names, pixels, splits }).map(({ code, severity, seen }) => [
    `${severity} ${code}`,
    seen,
  ]);
};

test("a set that has all its classes is not suspected", () => {
  expect(found({ 0: 90, 1: 9, 2: 1, 255: 5 }, { train: new Set([0, 1, 2]), val: new Set([0, 255]) })).toEqual([]);
});

test("a set of one class is refused, and 255 beside it is the reason", () => {
  expect(found({ 0: 90 })).toEqual([["refusal one-class", "ground alone"]]);
  expect(found({ 0: 60, 255: 20 })).toEqual([
    ["refusal one-class", "ground alone, and 255 (void) at 25.0 % of the pixels"],
  ]);
  expect(checkCensus({ file: "set", names, pixels: new Float64Array(256).with(0, 3).with(255, 1) })[0]).toMatchObject({
    likely: "masks of 0 and 255, where 255 is void",
  });
});

test("classes that never occur, are in val alone, or are mostly void are named", () => {
  expect(found({ 0: 1, 2: 1 })).toEqual([["warning classes-never", "none of leaf"]]);
  const splits = { train: new Set([0, 2]), val: new Set([0, 1, 255]) };
  expect(found({ 0: 5, 1: 1, 2: 1 }, splits)).toEqual([["warning split-lacks", "leaf in val alone"]]);
  expect(found({ 0: 1, 1: 1, 2: 1, 255: 97 })).toEqual([["warning mostly-void", "255 at 97.0 % of the pixels"]]);
  expect(found({ 255: 97 })).toEqual([]); // Every mask is void, which is told of each.
});

test("a palette that gives a label another class's color is told, and one of any other colors is not", () => {
  const classes = vocPalette();
  const red = [
    [0, 0, 0],
    [200, 0, 0],
    [0, 200, 0],
  ] as const;
  red.forEach((color, label) => (classes[label] = color));
  const check = (own: readonly (readonly number[])[], labels = [0, 1, 2]) =>
    checkPalette({ file: "m.png", labels, names, own, classes, usual: vocPalette() });
  expect(check(red)).toEqual([]);
  expect(check(vocPalette())).toEqual([]);
  expect(
    check([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]),
  ).toEqual([]);
  const turned = [red[1], red[0], red[2]];
  expect(check(turned)).toMatchObject([
    { code: "labels-palette", seen: "label 0 (ground) in the color of leaf, 200 0 0" },
  ]);
  expect(check(turned, [2])).toEqual([]);
  // What a graphics program makes of masks in colors: numbers by frequency, the border first.
  expect(check([[224, 224, 192], red[0]])).toMatchObject([
    { seen: "label 0 (ground) in the color of void, 224 224 192" },
  ]);
});
