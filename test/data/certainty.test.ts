import { expect, test } from "vitest";
import { certaintyOf } from "../../src/data/certainty.ts";

test("a pixel is as sure as its largest probability, and its entropy is a share of that of a guess", () => {
  // p = 1/2, 1/4, 1/4; all alike; one certain.
  const scores = Float32Array.of(Math.log(2), 0, 0, 7, 7, 7, 1000, -1000, -Infinity);
  const { confidence, entropy } = certaintyOf(scores, 3);
  expect(confidence[0]).toBeCloseTo(0.5, 6);
  expect(entropy[0]).toBeCloseTo((0.5 * Math.log(2) + 0.5 * Math.log(4)) / Math.log(3), 6);
  expect([confidence[1], entropy[1]]).toEqual([Math.fround(1 / 3), 1]);
  expect([confidence[2], entropy[2]]).toEqual([1, 0]);
  expect(certaintyOf(Float32Array.of(5), 1)).toEqual({ confidence: Float32Array.of(1), entropy: Float32Array.of(0) });
});
