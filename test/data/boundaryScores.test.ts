import { describe, expect, test } from "vitest";
import { boundaryScores, usualTolerance } from "../../src/data/boundaryScores.ts";

/** A map by letters, one row a word: a is 0, b is 1, c is 2, and a dot is void. */
function map(...rows: readonly string[]) {
  const labels = Uint8Array.from(rows.join(""), (letter) => (letter === "." ? 255 : letter.charCodeAt(0) - 97));
  return { height: rows.length, width: rows[0]!.length, labels };
}

const scores = (truth: readonly string[], predicted: readonly string[], tolerance: number) =>
  boundaryScores(map(...truth), map(...predicted).labels, 3, tolerance);

describe("the boundary F-score", () => {
  test("is 1 for the truth itself and NaN for what the truth lacks", () => {
    expect(scores(["aabb", "aabb"], ["aabb", "aabb"], 0)).toEqual([1, 1, NaN]);
  });

  test("takes boundaries within the tolerance for the same, Euclidean", () => {
    // The edge of the truth is between columns 1 and 2, that of the prediction between 2 and 3: every boundary is one column off.
    const shifted = [
      ["aabbb", "aabbb"],
      ["aaabb", "aaabb"],
    ] as const;
    expect(scores(...shifted, 0)).toEqual([0, 0, NaN]);
    expect(scores(...shifted, 1)).toEqual([1, 1, NaN]);
    // One pixel at the corner of another: √2 away.
    const diagonal = [
      ["baa", "aaa", "aaa"],
      ["aaa", "aba", "aaa"],
    ] as const;
    expect(scores(...diagonal, 1.4)[1]).toBe(0);
    expect(scores(...diagonal, 1.5)[1]).toBe(1);
  });

  test("is the harmonic mean of precision and recall", () => {
    // Of class b the truth has boundary pixels in columns 2 and 7, the prediction in column 2 alone: precision 1, recall 1/2.
    const [, b] = scores(["aabbbbbbaa"], ["aabbbbbbbb"], 0);
    expect(b).toBeCloseTo((2 * 1 * 0.5) / 1.5, 12);
    // Of class a the truth has 1 and 8, the prediction has 1.
    const [a] = scores(["aabbbbbbaa"], ["aabbbbbbbb"], 0);
    expect(a).toBeCloseTo(2 / 3, 12);
  });

  test("does not count a class without any boundary, and gives 0 where one side alone has one", () => {
    expect(scores(["aaa"], ["aaa"], 1)).toEqual([NaN, NaN, NaN]);
    expect(scores(["aaa"], ["aab"], 1)[0]).toBe(0);
    expect(scores(["aab"], ["aaa"], 1)).toEqual([0, 0, NaN]);
  });

  test("does not blame boundaries in the void, by which true ones may be found", () => {
    // The predicted edge lies in the void between the true regions; what is right of it is as in the truth.
    expect(scores(["aa..bb"], ["aaabbb"], 0)).toEqual([0, 0, NaN]); // its pixels are not those at the void's edge
    expect(scores(["aa..bb"], ["aaabbb"], 1)).toEqual([1, 1, NaN]);
  });

  test("has 0.75 % of the diagonal for its usual tolerance", () => {
    expect(usualTolerance({ height: 300, width: 400 })).toBeCloseTo(3.75, 12);
  });

  test("refuses another size, and a tolerance that is none", () => {
    const truth = map("ab");
    expect(() => boundaryScores(truth, new Uint8Array(3), 2, 1)).toThrow("expected 2 pixels, got 3");
    expect(() => boundaryScores(truth, new Uint8Array(2), 2, -1)).toThrow("a tolerance of 0 pixels or more, got -1");
  });
});
