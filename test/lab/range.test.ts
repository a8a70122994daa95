import fc from "fast-check";
import { expect, test } from "vitest";
import { positionOf, round, textOf, valueAt } from "../../lab/src/ui/range.ts";

const ranges = [
  { min: 1, max: 400, scale: "log" },
  { min: 0.01, max: 100, scale: "log", step: 0.01 },
  { min: -1, max: 1, step: 0.1 },
  { min: 0, max: 20, step: 1 },
] as const;

test.each(ranges)("from %o, the ends of the track are the ends of the range", (range) => {
  expect([valueAt(0, range), valueAt(1, range)]).toEqual([range.min, range.max]);
  expect([positionOf(range.min, range), positionOf(range.max, range)]).toEqual([0, 1]);
  expect([valueAt(-1, range), valueAt(2, range)]).toEqual([range.min, range.max]);
});

test.each(ranges)("from %o, a value that the track stops at is found at its own place", (range) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (position) => {
      const value = valueAt(position, range);
      expect(valueAt(positionOf(value, range), range)).toBe(value);
      expect(round(value, range)).toBe(value);
    }),
  );
});

test("halfway on a logarithmic track is the geometric mean", () => {
  expect(valueAt(0.5, { min: 1, max: 400, scale: "log" })).toBe(20);
});

test("numbers have no more digits than they are entered with", () => {
  expect(round(0.30000000000000004, { min: 0, max: 1, step: 0.1 })).toBe(0.3);
  expect(textOf(valueAt(0.35, { min: -1, max: 1, step: 0.1 }))).toBe("−0.3");
});
