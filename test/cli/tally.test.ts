import { expect, test } from "vitest";
import { Tally, trimapOf } from "../../src/cli/evaluate/tally.ts";

test("a trimap curve has the errors of each band", () => {
  // One row: the truth changes between pixels 9 and 10, the prediction between 7 and 8: pixels 8 and 9 are wrong.
  const width = 40;
  const row = (edge: number) => Uint8Array.from({ length: width }, (_, x) => Number(x >= edge));
  const tally = new Tally(2, 7);
  tally.add({ height: 1, width, labels: row(10) }, row(8));
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
