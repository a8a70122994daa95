import { describe, expect, test } from "vitest";
import { checkScores, type GivenScores, type Meaning } from "../../src/diagnosis/scores.ts";
import { random } from "../suite.ts";

const [height, width, classes] = [12, 15, 3];
const pixels = height * width;

/** Blobs of each class, as logits of a network, channels last. */
const numbers = random(7);
const logits = Float32Array.from({ length: pixels * classes }, (_, i) => {
  const [x, y, c] = [Math.floor(i / classes) % width, Math.floor(i / classes / width), i % classes];
  return 4 * Math.cos(x / 5 + 2 * c) * Math.cos(y / 4 - c) + numbers.uniform(0, 0.3);
});

/** The same with every row changed. */
const rows = (change: (row: number[]) => number[]): Float32Array<ArrayBuffer> =>
  Float32Array.from(
    Array.from({ length: pixels }, (_, row) => [...logits.subarray(row * classes, (row + 1) * classes)]).flatMap(
      change,
    ),
  );

function softmax(row: number[]): number[] {
  const powers = row.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

const first = (values: Float32Array): Float32Array<ArrayBuffer> =>
  Float32Array.from(values, (_, i) => values[(i % pixels) * classes + Math.floor(i / pixels)]!);

const given = (values: Float32Array<ArrayBuffer>, more: Partial<GivenScores> = {}): GivenScores => {
  return { file: "l.npy", values, height, width, classes, layout: "hwc", meaning: "logits", ...more };
};

const codes = (values: Float32Array<ArrayBuffer>, more: Partial<GivenScores> = {}): string[] =>
  checkScores(given(values, more)).map(({ code, severity }) => `${severity} ${code}`);

const probabilities = rows(softmax);
const logarithms = probabilities.map(Math.log);

describe("scores", () => {
  test("that are logits are not suspected, in either layout, and half precision is none either", () => {
    expect(codes(logits)).toEqual([]);
    expect(codes(first(logits), { layout: "chw" })).toEqual([]);
    expect(codes(logits.map((value) => Math.round(value * 64) / 64))).toEqual([]);
  });

  test.each<[string, Float32Array<ArrayBuffer>, Partial<GivenScores>, string[]]>([
    ["probabilities", probabilities, {}, ["warning probabilities"]],
    ["probabilities, channels first", first(probabilities), { layout: "chw" }, ["warning probabilities"]],
    ["one class a pixel", rows((row) => row.map((v) => Number(v === Math.max(...row)))), {}, ["warning probabilities"]],
    [
      "bytes",
      rows((row) => {
        const [a, b] = softmax(row).map((p) => Math.round(255 * p)) as [number, number];
        return [a, b, 255 - a - b];
      }),
      {},
      ["warning probability-bytes"],
    ],
    ["a sigmoid for each class", logits.map((value) => 1 / (1 + Math.exp(-value))), {}, ["warning sigmoids"]],
    ["energies", logarithms.map((value) => -value), {}, ["refusal energies"]],
    ["logarithms", logarithms, {}, ["note log-probabilities"]],
    ["axes reshaped", first(logits), {}, ["warning channels-first"]],
    ["axes reshaped the other way", logits.slice(), { layout: "chw" }, ["warning channels-last"]],
    ["the same everywhere", rows(() => [1, 2, 3]), {}, ["refusal constant-scores"]],
    ["one class above all others", rows(([a, b, c]) => [a! + 99, b!, c!]), {}, ["warning one-label"]],
  ])("%s", (_, values, more, expected) => {
    expect(codes(values, more)).toEqual(expected);
  });

  test("of one channel are refused unless their meaning makes two classes of them", () => {
    const score = logits.slice(0, pixels);
    const one = (meaning: Meaning): string[] => codes(score, { classes: 1, meaning });
    expect(one("logits")).toEqual(["refusal one-channel"]);
    expect(one("log")).toEqual(["refusal one-channel"]);
    expect([one("sigmoid"), one("probabilities")]).toEqual([[], ["refusal no-probabilities"]]);
    const share = score.map((value) => 1 / (1 + Math.exp(-3 * value)));
    const asShare = (meaning: Meaning): string[] => codes(share, { classes: 1, meaning });
    expect([asShare("probabilities"), asShare("sigmoid")]).toEqual([[], ["warning sigmoid-probabilities"]]);
    expect(codes(share.with(9, 1.5), { classes: 1, meaning: "probabilities" })).toEqual(["refusal no-probabilities"]);
    expect(codes(logits, { meaning: "sigmoid" })).toEqual(["refusal many-channels"]);
  });

  test("that are said to be what they are not", () => {
    expect(codes(probabilities, { meaning: "probabilities" })).toEqual([]);
    expect(codes(logits, { meaning: "probabilities" })).toEqual(["refusal no-probabilities"]);
    expect(codes(logarithms, { meaning: "log" })).toEqual([]);
    expect(codes(logits, { meaning: "log" })).toEqual(["warning positive-logarithms"]);
  });

  test("that are not finite are refused at their place, with what made them so", () => {
    const found = (values: Float32Array<ArrayBuffer>, more: Partial<GivenScores> = {}) =>
      checkScores(given(values, more))[0]!;
    const half = logits.map((value) => Math.round(value * 64) / 64);
    expect(found(half.with(40, Infinity))).toMatchObject({
      code: "half-overflow",
      severity: "refusal",
      seen: "Infinity at [0, 13, 1]",
    });
    expect(found(half.with(40, -65504))).toMatchObject({ code: "half-limit", severity: "warning", seen: "-65504" });
    expect(codes(logits.with(40, -65504))).toEqual([]);
    expect(found(logits.with(40, NaN))).toMatchObject({ code: "not-a-number", seen: "NaN at [0, 13, 1]" });
    expect(found(logits.with(40, NaN), { layout: "chw" }).seen).toBe("NaN at [0, 2, 10]");
    const zero = logarithms.with(40, -Infinity);
    expect(found(zero)).toMatchObject({
      code: "log-of-zero",
      remedy: "add --input log, which takes 1e-5 in its place",
    });
    expect(codes(zero, { meaning: "log" })).toEqual([]);
  });
});
