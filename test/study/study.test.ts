import { describe, expect, test } from "vitest";
import type { Tally } from "../../src/search/tally.ts";
import { drawStudyReport } from "../../src/study/report.ts";
import { type Row, runsFor, studyRows, studyRuns } from "../../src/study/rows.ts";
import { linesOf, markdownOf, type Result, spreadOf } from "../../src/study/table.ts";

const named = (name: string): Row => studyRows.find((row) => row.name === name)!;

describe("rows", () => {
  test("name runs and rows that there are, each once", () => {
    const names = studyRows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { run, beside } of studyRows) {
      expect(studyRuns.map(({ name }) => name)).toContain(run);
      if (beside !== undefined) expect(names).toContain(beside);
    }
  });

  test("bring the runs that they need, in an order in which each finds what it begins from", () => {
    const runs = runsFor(studyRows, true);
    for (const [i, { from }] of runs.entries()) {
      if (from !== undefined) expect(runs.slice(0, i).map(({ name }) => name)).toContain(from);
    }
    expect(runsFor([named("ten")], true).map(({ name }) => name)).toEqual(["fcn", "plain", "ten"]);
    expect(runsFor([named("ten")], false).map(({ name }) => name)).toEqual(["fcn", "ten"]);
    expect(runsFor([named("plain")], true).map(({ name }) => name)).toEqual(["fcn", "plain"]);
  });
});

/** A picture of one class and 100 pixels, so many of which are labeled rightly; the others are taken for a class that is not there. */
const of = (correct: number): Tally => ({
  classes: [
    [0, 100, correct, correct],
    [1, 0, 100 - correct, 0],
  ],
  band: [correct, 100],
  logLikelihood: 0,
  pixels: 100,
});

const result = (row: string, seed: number, ...correct: readonly number[]): Result => ({
  row,
  seed,
  tallies: correct.map(of),
});

describe("the table", () => {
  test("has mean and deviation over seeds", () => {
    expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(spreadOf([5])).toEqual({ mean: 5, deviation: NaN });
  });

  test("has the change beside the other row of the same seed, paired over pictures, and whether the paper's sign holds", () => {
    const results = [
      result("plain", 1, 50, 70),
      result("plain", 2, 40, 60),
      result("disconnected", 1, 60, 80),
      result("disconnected", 2, 60, 80),
      result("crf-rnn", 1, 55, 75),
    ];
    const lines = linesOf([named("plain"), named("disconnected"), named("crf-rnn"), named("ten")], results);
    expect(lines.map(({ row, seeds }) => [row.name, seeds])).toEqual([
      ["plain", 2],
      ["disconnected", 2],
      ["crf-rnn", 1],
    ]);
    expect(lines[0]!.meanIU).toEqual({ mean: 0.55, deviation: expect.closeTo(0.1 / Math.SQRT2, 12) });
    expect(lines[0]!.difference).toBeUndefined();
    // Each picture of both seeds gains 10 and 20: no draw has another mean.
    for (const each of Object.values(lines[1]!.difference!)) expect(each).toBeCloseTo(0.15, 12);
    expect(lines[1]!.direction).toBe("holds");
    expect(lines[2]!.difference!.mean).toBeCloseTo(-0.05, 12);
    expect(lines[2]!.direction).toBe("does not hold");
    expect(markdownOf(lines).split("\n")[3]).toBe(
      "| FCN-8s and a CRF, disconnected | 70.0 ± 0.0 | 70.0 ± 0.0 | +15.0 (+15.0 to +15.0) beside plain | +1.2: holds | 2 |",
    );
  });

  test("leaves open what pictures disagree on", () => {
    const lines = linesOf(
      [named("disconnected")],
      [result("plain", 1, 50, 70, 60, 40), result("disconnected", 1, 40, 80, 55, 47)],
    );
    expect(lines[0]!.direction).toBe("open");
  });

  test("is a page, too", () => {
    const lines = linesOf([named("plain")], [result("plain", 1, 50, 70)]);
    const page = drawStudyReport({ title: "<here>", lines, notes: ["a note"], classes: [], palette: [], pictures: [] });
    expect(page).toContain("&#60;here&#62;");
    expect(page).toContain('<td class="words">FCN-8s</td>');
    expect(page).toContain("60.0");
    // A phone scrolls the table, not the page.
    expect(page.match(/<table/g)).toHaveLength(1);
    expect(page).toMatch(/<div class="wide told">\s*<table/);
  });
});
