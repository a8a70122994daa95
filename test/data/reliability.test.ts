import { expect, test } from "vitest";
import { Reliability } from "../../src/data/reliability.ts";

/** Scores of two classes by which the second has this probability. */
const sure = (...probabilities: readonly number[]): Float32Array =>
  Float32Array.from(probabilities.flatMap((p) => [Math.log(1 - p), Math.log(p)]));

test("a reliability curve has the accuracy of pixels as sure as each other", () => {
  const reliability = new Reliability(2, 10);
  // Sure of class 1 by 0.95 four times, three of them right; of class 0 by 0.65 once, which is right; and void, which does not count.
  reliability.add(Uint8Array.of(1, 1, 1, 0, 0, 255), sure(0.95, 0.95, 0.95, 0.95, 0.35, 0.95));
  const curve = reliability.curve();
  expect(curve).toHaveLength(10);
  expect(curve.map(({ pixels }) => pixels)).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 4]);
  expect(curve[9]).toMatchObject({ from: 0.9, to: 1, accuracy: 0.75 });
  expect(curve[9]!.confidence).toBeCloseTo(0.95, 4);
  expect(curve[6]!.confidence).toBeCloseTo(0.65, 4);
  expect(curve[6]!.accuracy).toBe(1);
  expect(curve[0]!.accuracy).toBeNaN();
  // Four pixels are 0.2 too sure, one is 0.35 not sure enough.
  expect(reliability.calibrationError()).toBeCloseTo((4 * 0.2 + 0.35) / 5, 4);
});

test("parts add up to the whole, to the last bit", () => {
  const truth = Uint8Array.from({ length: 300 }, (_, i) => (i * i) % 3);
  const scores = Float32Array.from({ length: 900 }, (_, i) => Math.sin(i * 12.9898) * 3);
  const whole = new Reliability(3).add(truth, scores);
  const [left, right] = [new Reliability(3), new Reliability(3)];
  left.add(truth.subarray(0, 111), scores.subarray(0, 333));
  right.add(truth.subarray(111), scores.subarray(333));
  expect(right.merge(left)).toEqual(whole);
  expect(whole.calibrationError()).toBeGreaterThan(0);
});

test("a pixel that is certain belongs to the last bin, and one of two alike to the bin that ends at one half", () => {
  const { counts } = new Reliability(2, 4).add(Uint8Array.of(0, 0), Float32Array.of(1000, -1000, 1, 1));
  expect([...counts]).toEqual([0, 1, 0, 1]);
});

test("refuses what does not fit", () => {
  expect(() => new Reliability(0)).toThrow("1 to 255 classes, got 0");
  expect(() => new Reliability(2, 1.5)).toThrow("1 to 1000 bins, got 1.5");
  expect(() => new Reliability(2).add(new Uint8Array(2), new Float32Array(3))).toThrow("4 scores of 2 pixels, got 3");
  expect(() => new Reliability(2).merge(new Reliability(2, 3))).toThrow("2 classes in 15 bins, got 2 in 3");
  expect(new Reliability(2).calibrationError()).toBeNaN();
});
