import { describe, expect, test } from "vitest";
import { resizeBilinear } from "../../src/data/resize.ts";
import { ShapeError } from "../../src/errors.ts";

describe("resizeBilinear", () => {
  test("agrees with torch.nn.functional.interpolate on a row of 2 → 4, both alignments", () => {
    const row = Float32Array.of(0, 3);
    expect([...resizeBilinear(row, [1, 2, 1], [1, 4])]).toEqual([0, 0.75, 2.25, 3]);
    expect([...resizeBilinear(row, [1, 2, 1], [1, 4], { alignCorners: true })]).toEqual([0, 1, 2, 3]);
  });

  test("keeps a map of the same size bit for bit, and a plane a plane", () => {
    const plane = Float32Array.from(
      { length: 3 * 5 * 2 },
      (_, i) => (i % 2 ? 1 : 2) * Math.floor(i / 10) + (Math.floor(i / 2) % 5),
    );
    expect(resizeBilinear(plane, [3, 5, 2], [3, 5])).toEqual(plane);
    const larger = resizeBilinear(plane, [3, 5, 2], [5, 9], { alignCorners: true });
    for (let y = 0; y < 5; y++) {
      for (let x = 0; x < 9; x++) {
        expect(larger[(y * 9 + x) * 2]).toBeCloseTo(y + x / 2, 5);
        expect(larger[(y * 9 + x) * 2 + 1]).toBeCloseTo(y / 2 + x / 2, 5);
      }
    }
  });

  test("refuses values that do not fill the shape, and a size of zero", () => {
    expect(() => resizeBilinear(new Float32Array(5), [2, 3, 1], [4, 4])).toThrow(ShapeError);
    expect(() => resizeBilinear(new Float32Array(6), [2, 3, 1], [0, 4])).toThrow(ShapeError);
  });
});
