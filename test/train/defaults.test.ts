import { expect, test } from "vitest";
import { defaultsFor } from "../../src/train/defaults.ts";

const choice = { stage: "fcn8s", loss: "sum", optimizer: undefined, alone: false, pixels: 100_000 } as const;

test("the papers' optimizer and rates only where a run begins as theirs did", () => {
  expect(defaultsFor({ ...choice, beginning: "published" })).toMatchObject({ optimizer: "sgd", rate: 1e-14 });
  const endToEnd = defaultsFor({ ...choice, stage: "crf-rnn", loss: "mean", beginning: "published" });
  expect(endToEnd).toMatchObject({ optimizer: "sgd", multipliers: { weights: 10_000, compatibility: 1000 } });
  expect(endToEnd.rate).toBeCloseTo(2.5e-8, 15);
});

test("else Adam: faster from nothing than from a checkpoint; the CRF's rates whatever the network's", () => {
  expect(defaultsFor({ ...choice, beginning: "nothing" })).toMatchObject({ optimizer: "adam", rate: 1e-3 });
  for (const beginning of ["part", "own"] as const) {
    const { optimizer, rate, multipliers } = defaultsFor({ ...choice, beginning });
    expect({ optimizer, rate }).toEqual({ optimizer: "adam", rate: 1e-4 });
    expect(rate * multipliers.weights).toBeCloseTo(1e-2, 10);
  }
  const alone = defaultsFor({ ...choice, stage: "crf-rnn", alone: true, beginning: "published" });
  expect(alone).toMatchObject({ optimizer: "adam", rate: 1e-2, multipliers: { weights: 1 } });
});

test("a summed loss lowers SGD's rate by the pixels, not Adam's", () => {
  expect(defaultsFor({ ...choice, optimizer: "sgd", beginning: "nothing" }).rate).toBeCloseTo(1e-11, 20);
  for (const loss of ["mean", "dice", "mean+dice"] as const) {
    expect(defaultsFor({ ...choice, optimizer: "sgd", loss, beginning: "nothing" }).rate).toBe(1e-6);
  }
  expect(defaultsFor({ ...choice, optimizer: "adamw", beginning: "nothing" })).toEqual({
    ...defaultsFor({ ...choice, optimizer: "adam", beginning: "nothing" }),
    optimizer: "adamw",
  });
});
