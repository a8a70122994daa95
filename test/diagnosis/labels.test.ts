import sharp from "sharp";
import { expect, test } from "vitest";
import { checkGaps, checkLabels, labelsOfValues, adviceOn } from "../../src/diagnosis/labels.ts";

const [height, width] = [40, 50];
const pixels = height * width;
const isInside = (pixel: number): boolean => Math.hypot((pixel % width) - 24, Math.floor(pixel / width) - 19) < 13;
/** A disc of one value on another. */
const disc = (outside: number, inside: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: pixels }, (_, pixel) => (isInside(pixel) ? inside : outside));
const given = (values: ArrayLike<number>) => ({ file: "mask.png", height, width, values });
const found = (values: ArrayLike<number>) =>
  checkLabels(given(values)).map(({ code, severity, remedy }) => [`${severity} ${code}`, remedy]);

const smoothed = async (mask: Uint8Array): Promise<Uint8Array> => {
  const image = sharp(mask, { raw: { width, height, channels: 1 } }).blur(1.2);
  return new Uint8Array(await image.toColorspace("b-w").raw().toBuffer());
};
const compressed = async (mask: Uint8Array): Promise<Uint8Array> => {
  const jpeg = await sharp(mask, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 92 })
    .toBuffer();
  return new Uint8Array(await sharp(jpeg).toColorspace("b-w").raw().toBuffer());
};

test("classes, with void or without, are not suspected", () => {
  expect(found(disc(0, 1))).toEqual([]);
  expect(found(disc(0, 1).fill(255, 0, 500))).toEqual([]);
  // Each pixel a class of its own: many values, none rare.
  expect(found(Uint8Array.from({ length: pixels }, (_, pixel) => pixel % 40))).toEqual([]);
});

test.each<[string, ArrayLike<number>, string, RegExp]>([
  ["0 and 255", disc(0, 255), "refusal labels-0-255", /^add --labels 0,255, or --classes if 255 is void/],
  ["one class", disc(3, 3), "warning labels-one", /another class/],
  ["one class and void", disc(255, 3), "warning labels-one", /another class/],
  ["void everywhere", disc(255, 255), "refusal labels-void", /label some pixels/],
  ["grays", disc(0, 128), "warning labels-gray", /^add --labels 0,128$/],
  ["grays up to 255", disc(0, 128).fill(255, 0, 100), "warning labels-gray", /^add --labels 0,128,255$/],
  ["classes with gaps", disc(0, 15), "note labels-gaps", /--labels/],
])("%s", (_, values, expected, remedy) => {
  const [first, ...more] = found(values);
  expect(more).toEqual([]);
  expect(first?.[0]).toBe(expected);
  expect(first?.[1]).toMatch(remedy);
});

test("a smoothed mask and one that was a JPEG are told from classes, and from each other", async () => {
  for (const inside of [255, 128]) {
    const [blurred] = found(await smoothed(disc(0, inside)));
    expect(blurred).toEqual([
      "refusal labels-antialiased",
      `add --labels 0,${inside}, with which all others become void`,
    ]);
  }
  const [ringing] = found(await compressed(disc(20, 200)));
  expect(ringing?.[0]).toBe("refusal labels-compressed");
  expect(adviceOn(given(await smoothed(disc(0, 255))))).toEqual({
    likely: "a mask that was smoothed or scaled",
    remedy: "scale masks to the nearest pixel",
  });
  expect(adviceOn(given(disc(0, 128)))?.remedy).toMatch(/"value": 128/);
  expect(adviceOn(given(disc(0, 7)))).toBeUndefined();
});

/** Numbers of a mask that is twice as large in both directions, between those of its neighbors where it has two. */
const doubled = async (mask: Uint8Array) => {
  const image = sharp(mask, { raw: { width, height, channels: 1 } }).resize(2 * width, 2 * height, {
    kernel: "linear",
  });
  const values = new Uint8Array(await image.toColorspace("b-w").raw().toBuffer());
  return { file: "mask.png", height: 2 * height, width: 2 * width, values };
};

test("few numbers between two, and small classes beside a large one, are told by whether an area has them", async () => {
  // Halfway, and a quarter from either: 0, 64, 128, 191, 255.
  const grays = await doubled(disc(0, 255));
  expect(new Set(grays.values).size).toBeLessThan(8);
  expect(checkLabels(grays)).toMatchObject([
    {
      code: "labels-antialiased",
      severity: "refusal",
      remedy: "add --labels 0,255, with which all others become void",
    },
  ]);
  // A disc of 36 pixels in 2000 is rare, and its edge is smoothed like others.
  const small = Uint8Array.from({ length: pixels }, (_, pixel) =>
    Math.hypot((pixel % width) - 24, Math.floor(pixel / width) - 19) < 3.5 ? 255 : 0,
  );
  expect((await found(await smoothed(small)))[0]?.[0]).toMatch(/^refusal labels-(antialiased|compressed)/);
  // Thirty classes in squares of 2 × 2, each rarer than 2 % of the picture and near the next in number, are classes.
  const squares = disc(0, 0).map((_, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    const place = Math.floor(row / 4) * 12 + Math.floor(column / 4);
    return row % 4 < 2 && column % 4 < 2 && place < 30 ? 1 + place : 0;
  });
  expect(found(squares)).toEqual([]);
  // So are strokes one pixel thin on void.
  const strokes = disc(255, 255).map((value, pixel) => {
    const row = Math.floor(pixel / width);
    return row % 9 === 4 ? row / 9 : value;
  });
  expect(found(strokes)).toEqual([]);
});

test("of many masks all labels together tell of gaps", () => {
  expect(checkGaps("masks", [255, 0, 2, 1])).toEqual([]);
  expect(checkGaps("masks", [0, 2, 3])).toMatchObject([{ code: "labels-gaps", seen: "the labels 0, 2, 3" }]);
  expect(checkGaps("masks", [255, 128, 0])).toMatchObject([{ code: "labels-gray", remedy: "add --labels 0,128,255" }]);
});

test("values become the classes at their places, and others void, which is told", () => {
  const values = disc(0, 255);
  const sure = labelsOfValues(given(values), [0, 255]);
  expect(sure).toEqual({ labels: disc(0, 1), findings: [] });
  // 255 is void unless it is listed, and nothing to tell of.
  expect(labelsOfValues(given(disc(7, 255)), [9, 7])).toEqual({ labels: disc(1, 255), findings: [] });
  const doubtful = labelsOfValues(given(values.with(3, 90).with(4, 90).with(5, 17)), [0, 255]);
  expect(doubtful.labels).toEqual(disc(0, 1).with(3, 255).with(4, 255).with(5, 255));
  expect(doubtful.findings).toMatchObject([
    { code: "labels-unlisted", severity: "warning", seen: "2 other values at 0.1 % of the pixels, most often 90" },
  ]);
  const wrong = labelsOfValues(given(disc(1, 2)), [0, 255]);
  expect(wrong.findings).toMatchObject([{ code: "labels-unlisted", severity: "refusal" }]);
});
