import { expect, test } from "vitest";
import { boundariesOf, formatPictures, Tally, trimapOf } from "../../src/cli/evaluate/tally.ts";
import { drawEvaluation } from "../../src/train/report/evaluation.ts";
import { vocPalette } from "../../src/data/palette.ts";

/** Scores of two classes that say these labels. */
const scoresOf = (labels: Uint8Array): Float32Array =>
  Float32Array.from([...labels].flatMap((label) => [0, 2 * label - 1]));

test("a trimap curve has the errors of each band", () => {
  // One row: the truth changes between pixels 9 and 10, the prediction between 7 and 8: pixels 8 and 9 are wrong.
  const width = 40;
  const row = (edge: number) => Uint8Array.from({ length: width }, (_, x) => Number(x >= edge));
  const tally = new Tally(2, 7);
  tally.add("row", { height: 1, width, labels: row(10) }, row(8), scoresOf(row(8)));
  const curve = trimapOf(tally);
  expect(curve.map(({ radius }) => radius)).toEqual([1, 2, 3, 4, 6, 7, 8, 12, 16, 20]);
  // Pixels 9 and 10 are at the boundary, and as many as the radius on either side of them, down to pixel 0.
  const pixelsIn = (radius: number): number => Math.min(radius + 1, 10) + radius + 1;
  for (const { radius, pixels, error, meanIU } of curve) {
    const [left, right] = [Math.min(radius + 1, 10), radius + 1];
    expect(pixels).toBe(pixelsIn(radius));
    expect(error).toBeCloseTo(2 / pixels, 12);
    // Of class 0 two pixels are lost, to class 1.
    expect(meanIU).toBeCloseTo(((left - 2) / left + right / (right + 2)) / 2, 12);
  }
});

test("each picture has its own scores, in a table too, and boundaries are means over the pictures that have a class", () => {
  const tally = new Tally(3, 1, 0);
  const add = (id: string, labels: Uint8Array<ArrayBuffer>, predicted: Uint8Array): unknown =>
    tally.add(id, { height: 1, width: 4, labels }, predicted, new Float32Array(12));
  // Right everywhere; then class 1 taken for 0 at one pixel of two, beside one of 255; then one class alone.
  const truth = Uint8Array.of(0, 0, 1, 1);
  add("a", truth, truth);
  expect(add("=b", Uint8Array.of(0, 255, 1, 1), Uint8Array.of(0, 0, 0, 1))).toEqual({
    id: "=b",
    pixels: 3,
    pixelAccuracy: 2 / 3,
    meanIU: (1 / 2 + 1 / 2) / 2,
    // Within a pixel of the boundaries at 0|1 and 1|2 lie all of them.
    bandAccuracy: 2 / 3,
    boundaryF: 0,
    classes: [
      { label: 0, iu: 1 / 2, boundaryF: 0 },
      { label: 1, iu: 1 / 2, boundaryF: 0 },
    ],
  });
  add("c,d", Uint8Array.of(1, 1, 1, 1), Uint8Array.of(1, 1, 1, 1));
  expect(boundariesOf(tally)).toEqual({ mean: 1 / 2, classes: [1 / 2, 1 / 2, NaN] });
  const [head, ...rows] = formatPictures(tally.pictures, ["x", "y", "z"]).split("\n");
  expect(head).toBe(
    "id,pixels,pixelAccuracy,meanIU,bandAccuracy,boundaryF,IU x,boundaryF x,IU y,boundaryF y,IU z,boundaryF z",
  );
  expect(rows).toEqual([
    "a,4,1,1,1,1,1,1,1,1,,",
    `'=b,3,${2 / 3},0.5,${2 / 3},0,0.5,0,0.5,0,,`,
    '"c,d",4,1,1,,,,,1,,,',
    "",
  ]);
});

test("the report of an evaluation draws its curves, and is whole where there is nothing to draw", () => {
  const tally = new Tally(2, 7);
  const labels = Uint8Array.from({ length: 40 }, (_, x) => Number(x >= 10));
  const facts = () => ({
    title: "t",
    classes: ["dark", "<b>"],
    palette: vocPalette(),
    images: tally.pictures.length,
    scores: tally.whole.scores(),
    band: { radius: 7, accuracy: tally.bands.get(7)!.scores().pixelAccuracy },
    trimap: trimapOf(tally),
    boundaries: boundariesOf(tally),
    reliability: tally.reliability.curve(),
    calibrationError: tally.reliability.calibrationError(),
    confusion: tally.whole.counts,
    accuracies: tally.pictures.map(({ pixelAccuracy }) => pixelAccuracy!),
    worst: [],
    options: [["data", "<x>"]] as const,
  });
  expect(drawEvaluation(facts())).not.toMatch(/NaN|Infinity|<svg|<x>|<b>/);
  const truth = { height: 1, width: 40, labels };
  tally.add("all", truth, labels, scoresOf(labels));
  tally.add(
    "none",
    truth,
    labels.map((label) => 1 - label),
    scoresOf(labels.map((label) => 1 - label)),
  );
  const page = drawEvaluation(facts());
  expect(page.match(/<svg/g)).toHaveLength(4); // trimap, reliability, pictures, confusion
  expect(page).toContain("<title>wrong, 20: 50.00</title>");
  expect(page).toContain("<title>accuracy, 100: 1.000</title>");
  // All are sure by 1/(1 + e⁻¹), and half are right.
  expect(page).toMatch(/<title>accuracy, 0\.731\d*: 0\.5000</);
  expect(page).toMatch(/calibration error<\/dt>\s*<dd>0\.231</);
  expect(page).not.toMatch(/NaN|undefined/);
});
