import { describe, expect, test } from "vitest";
import { boundOf, productRows, type PrunedInference } from "../../src/crf/pruneBound.ts";
import { random } from "../suite.ts";

/** A mean field in float64 over any filters: the logits of all classes, with and without some in the filters. */
interface Field {
  readonly points: number;
  readonly classes: number;
  readonly unary: readonly (readonly number[])[];
  /** Without a negative element. */
  readonly filters: readonly (readonly (readonly number[])[])[];
  /** Of each filter a matrix for each iteration. */
  readonly matrices: readonly (readonly (readonly (readonly number[])[])[])[];
  readonly iterations: number;
}

const softmax = (row: readonly number[]): number[] => {
  const largest = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((p) => p / sum);
};

function infer(
  field: Field,
  leftOut: ReadonlySet<number>,
): { logits: number[][]; shares: number[]; singles: number[] } {
  let logits = field.unary.map((row) => [...row]);
  const [shares, singles]: [number[], number[]] = [[], []];
  for (let t = 0; t < field.iterations; t++) {
    const marginals = logits.map(softmax);
    const missing = (row: readonly number[]): number => [...leftOut].reduce((sum, c) => sum + row[c]!, 0);
    shares.push(Math.max(...marginals.map(missing)));
    singles.push(Math.max(0, ...marginals.flatMap((row) => [...leftOut].map((c) => row[c]!))));
    logits = field.unary.map((row, i) =>
      row.map((x, c) => {
        let message = 0;
        for (const [f, filter] of field.filters.entries()) {
          for (let j = 0; j < field.classes; j++) {
            const weight = field.matrices[f]![t]![c]![j]!;
            if (weight === 0 || leftOut.has(j)) continue;
            message += weight * filter[i]!.reduce((sum, k, p) => sum + k * marginals[p]![j]!, 0);
          }
        }
        return x - message;
      }),
    );
  }
  return { logits, shares, singles };
}

/** The true difference and the bound. */
function compare(field: Field, leftOut: ReadonlySet<number>): { difference: number; bound: number } {
  const whole = infer(field, new Set());
  const pruned = infer(field, leftOut);
  const inference: PrunedInference = {
    actions: field.matrices[0]!.map((_, t) => ({
      filters: field.matrices.map((of) =>
        of[t]!.map((row) => new Map([...row.entries()].filter(([, value]) => value !== 0))),
      ),
    })),
    gains: field.filters.map((filter) => Math.max(...filter.map((row) => row.reduce((a, b) => a + b)))),
    classes: field.classes,
    leftOut,
    shares: pruned.shares,
    singles: pruned.singles,
  };
  const difference = Math.max(
    ...whole.logits.flatMap((row, i) => row.map((x, c) => Math.abs(x - pruned.logits[i]![c]!))),
  );
  return { difference, bound: boundOf(inference) };
}

const kinds = ["potts", "diagonal", "full", "penalty"] as const;

function draw(seed: number): { field: Field; leftOut: ReadonlySet<number> } {
  const dice = random(seed);
  const real = (low: number, high: number): number => dice.array(1, low, high)[0]!;
  const whole = (low: number, high: number): number => Math.floor(real(low, high + 0.999));
  const [points, classes, iterations] = [whole(1, 5), whole(2, 7), whole(1, 6)];
  const kind = kinds[seed % kinds.length]!;
  const scale = [0.1, 1, 5][whole(0, 2)]!;
  const matrix = (): number[][] =>
    Array.from({ length: classes }, (_, c) =>
      Array.from({ length: classes }, (_, j) => {
        if (kind === "potts") return c === j ? -scale : 0;
        if (kind === "penalty") return c === j ? 0 : scale;
        return kind === "diagonal" && c !== j ? 0 : real(-scale, scale);
      }),
    );
  const filter = (): number[][] =>
    Array.from({ length: points }, () => Array.from({ length: points }, () => Math.max(0, real(-0.5, 0.6))));
  const leftOut = new Set(Array.from({ length: whole(1, classes - 1) }, (_, i) => classes - 1 - i));
  const depth = real(0, 12);
  const unary = Array.from({ length: points }, () =>
    Array.from({ length: classes }, (_, c) => real(-2, 2) - (leftOut.has(c) ? depth : 0)),
  );
  const matrices = [0, 1].map(() => Array.from({ length: iterations }, matrix));
  return { field: { points, classes, unary, filters: [filter(), filter()], matrices, iterations }, leftOut };
}

describe("the bound of what pruning changes", () => {
  test("holds for random fields of all kinds, filters of any gain among them", () => {
    let near = 0;
    for (let seed = 0; seed < 1200; seed++) {
      const { field, leftOut } = draw(seed);
      const { difference, bound } = compare(field, leftOut);
      expect(difference, `seed ${seed}`).toBeLessThanOrEqual(bound * (1 + 1e-12) + 1e-12);
      if (difference > bound / 3) near++;
    }
    // It is no bound of any size: some fields come near.
    expect(near).toBeGreaterThan(100);
  });

  test("holds where errors grow as fast as they can", () => {
    // Two classes at the point of most slope, whose difference doubles by each iteration, and a third that leaves.
    const weight = 4;
    for (const sign of [-1, 1]) {
      for (const depth of [1, 3, 6, 12]) {
        const matrix = [0, 1, 2].map((c) =>
          [0, 1, 2].map((j) => (c === j ? sign * weight : c < 2 && j === 2 ? c - 0.5 : 0)),
        );
        const field: Field = {
          points: 1,
          classes: 3,
          unary: [[0, 0, -depth]],
          filters: [[[1]]],
          matrices: [Array.from({ length: 6 }, () => matrix)],
          iterations: 6,
        };
        const { difference, bound } = compare(field, new Set([2]));
        expect(difference).toBeGreaterThan(0);
        expect(difference).toBeLessThanOrEqual(bound);
      }
    }
  });

  test("is reached by one iteration", () => {
    const field: Field = {
      points: 1,
      classes: 2,
      unary: [[0, -3]],
      filters: [[[0.75]]],
      matrices: [
        [
          [
            [-2, 0],
            [0, -2],
          ],
        ],
      ],
      iterations: 1,
    };
    const { difference, bound } = compare(field, new Set([1]));
    expect(bound).toBeCloseTo((2 * 0.75) / (1 + Math.exp(3)), 12);
    expect(bound).toBeCloseTo(difference, 12);
  });

  test("is 0 where nothing leaves", () => {
    const actions = [{ filters: [[new Map([[0, 1]])]] }];
    expect(boundOf({ actions, gains: [1], classes: 1, leftOut: new Set(), shares: [0.5], singles: [0.5] })).toBe(0);
  });
});

test("products of matrices, set by set and without their zeros", () => {
  const [classes, stride] = [3, 4];
  const rows = (values: number[][]): Float32Array => Float32Array.from(values.flatMap((row) => [...row, 0]));
  const c = rows([
    [9, 9, 9],
    [9, 9, 9],
    [9, 9, 9],
    [1, 2, 0],
    [0, 0, 0],
    [0, -1, 3],
  ]);
  const w = rows([
    [9, 9, 9],
    [9, 9, 9],
    [9, 9, 9],
    [0, 0, 4],
    [1, 0, 0],
    [0, 5, 0],
  ]);
  expect(productRows(c, w, { classes, first: 3, stride })).toEqual([
    new Map([
      [2, 4],
      [0, 2],
    ]),
    new Map(),
    new Map([
      [0, -1],
      [1, 15],
    ]),
  ]);
});
