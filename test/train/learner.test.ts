import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { Tape } from "../../src/tape.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { createOptimizer, createTrainable, ratesOf } from "../../src/train/learner.ts";
import type { Sample } from "../../src/train/sample.ts";
import { random } from "../suite.ts";
import { toyConfiguration, toyCrf as crf } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const stage = (name: Configuration["stage"], more: Partial<Configuration> = {}): Configuration => ({
  ...toyConfiguration,
  stage: name,
  crf: name === "crf-rnn" ? crf : undefined,
  ...more,
});

const [height, width] = [9, 12];
const sample: Sample = {
  id: "noise",
  image: { height, width, values: Float32Array.from(random(1).array(height * width * 3, 0, 255)) },
  labels: Uint8Array.from({ length: height * width }, (_, pixel) => (pixel % 5 === 4 ? 255 : pixel % 2)),
};

/** Names of the parameters that one step changes. */
async function changed(configuration: Configuration, given: Sample = sample): Promise<string[]> {
  using learner = createTrainable(device, configuration);
  using optimizer = createOptimizer(learner, configuration);
  const read = () => Promise.all(Object.values(learner.parameters).map((tensor) => tensor.read()));
  const before = await read();
  for (let seed = 0; seed < 2; seed++) {
    using _tape = new Tape(learner.learned.map((name) => learner.parameters[name]!));
    optimizer(await _tape.gradients(await learner.loss(given, seed)));
  }
  const after = await read();
  const names = Object.keys(learner.parameters).filter((_, i) => before[i]!.some((value, k) => value !== after[i]![k]));
  expect([...learner.learned].sort()).toEqual(names.sort());
  return names;
}

describe("rates by layer", () => {
  const rated = (rates: Readonly<Record<string, number>>): Configuration =>
    stage("fcn8s", { optimizer: { ...toyConfiguration.optimizer, rates } });

  test("multiply what the parameters have anyway, all that match", () => {
    const names = ["score_fr.weight", "score_fr.bias", "conv1_1.weight", "upscore8.weight"];
    expect(ratesOf(names, rated({ "score*": 10, "*.bias": 0.5 }))).toEqual({
      "score_fr.weight": { rate: 10, decay: 1 },
      "score_fr.bias": { rate: 10, decay: 0 }, // 2 · 10 · 0.5
      "conv1_1.weight": { rate: 1, decay: 1 },
      "upscore8.weight": { rate: 0, decay: 0 }, // bilinear interpolation stays
    });
    expect(() => ratesOf(names, rated({ "scores*": 10 }))).toThrow(/--rate-of: expected .*, got 'scores\*'/);
  });

  test("make a step that many times as long, to the rounding", async () => {
    const steps = await Promise.all(
      [{ "score_fr.weight": 1 }, { "score_fr.weight": 8 }].map(async (rates) => {
        using learner = createTrainable(device, rated(rates));
        using optimizer = createOptimizer(learner, rated(rates));
        const weight = learner.parameters["score_fr.weight"]!;
        const before = await weight.read();
        using tape = new Tape(learner.learned.map((name) => learner.parameters[name]!));
        const gradients = await tape.gradients(await learner.loss(sample, 0));
        weight.write(before.map(() => 0)); // so that the step is all that is there afterwards
        optimizer(gradients);
        return weight.read();
      }),
    );
    const [once, eight] = steps as [Float32Array, Float32Array];
    expect(once.some((value) => value !== 0)).toBe(true);
    expect(eight).toEqual(once.map((value) => 8 * value)); // a power of two
  });
});

test("the robust loss is the sum of −log(p + 0.01) over the pixels that count, in training and in validation", async () => {
  using learner = createTrainable(device, stage("fcn8s", { loss: "robust" }));
  let scores: Float32Array | undefined;
  using loss = await learner.loss(sample, 0, async (name, result) => {
    if (name === "score") scores = await result.read();
  });
  const expected = sample.labels.reduce((sum, label, pixel) => {
    if (label === 255) return sum;
    const [a, b] = [scores![2 * pixel]!, scores![2 * pixel + 1]!];
    const p = 1 / (1 + Math.exp(label === 0 ? b - a : a - b));
    return sum - Math.log(p + 0.01);
  }, 0);
  expect((await loss.read())[0]! / expected).toBeCloseTo(1, 5);
  expect((await learner.predict(sample)).loss / expected).toBeCloseTo(1, 5);
});

describe("other losses", () => {
  /** Probabilities of the second class, and what a loss gives in training and in validation. */
  async function lossWith(more: Partial<Configuration>): Promise<{ p: number[]; loss: number; judged: number }> {
    using learner = createTrainable(device, stage("fcn8s", more));
    let p: number[] = [];
    using loss = await learner.loss(sample, 0, async (name, result) => {
      if (name !== "score") return;
      const scores = await result.read();
      p = Array.from(sample.labels, (_, i) => 1 / (1 + Math.exp(scores[2 * i]! - scores[2 * i + 1]!)));
    });
    return { p, loss: (await loss.read())[0]!, judged: (await learner.predict(sample)).loss };
  }
  const counted = [...sample.labels.entries()].filter(([, label]) => label !== 255);

  test("Dice, an average with weights, and both together; a validation counts each pixel", async () => {
    const { p, loss, judged } = await lossWith({ loss: "dice" });
    const share = (pixel: number, label: number): number => (label === 1 ? p[pixel]! : 1 - p[pixel]!);
    const sum = (of: (pixel: number, label: number) => number): number =>
      counted.reduce((total, [pixel, label]) => total + of(pixel, label), 0);
    const diceOf = (c: number): number => {
      const [right, predicted, truth] = [
        sum((pixel, label) => (label === c ? share(pixel, c) : 0)),
        sum((pixel) => share(pixel, c)),
        sum((_, label) => Number(label === c)),
      ];
      return 1 - (2 * right) / (predicted + truth);
    };
    const dice = (diceOf(0) + diceOf(1)) / 2;
    expect(loss).toBeCloseTo(dice, 5);
    expect(judged / counted.length).toBeCloseTo(dice, 5);

    const classWeights = [1, 3];
    const weighed = sum((pixel, label) => -classWeights[label]! * Math.log(share(pixel, label)));
    const average = weighed / sum((_, label) => classWeights[label]!);
    const both = await lossWith({ loss: "mean+dice", classWeights });
    expect(both.loss).toBeCloseTo(average + dice, 5);
    expect(both.judged / counted.length).toBeCloseTo(average + dice, 5);
    expect((await lossWith({ loss: "sum", classWeights })).loss / weighed).toBeCloseTo(1, 5);
  });
});

describe("what a stage learns", () => {
  test("every convolution of the networks, and no bilinear interpolation", async () => {
    for (const name of ["fcn32s", "fcn16s", "fcn8s"] as const) {
      const names = await changed(stage(name));
      expect(names).toContain("conv1_1.weight");
      expect(names).toContain("score_fr.bias");
      expect(names.filter((parameter) => parameter.startsWith("upscore"))).toEqual([]);
    }
  });

  test("all but frozen layers, which are named by how they begin", async () => {
    const network = { ...toyConfiguration.network!, frozen: ["conv1", "conv2_1"] };
    const names = await changed(stage("fcn8s", { network }));
    expect(names.filter((name) => /^conv[12]/.test(name))).toEqual(["conv2_2.bias", "conv2_2.weight"]);
    expect(() => createTrainable(device, stage("fcn8s", { network: { ...network, frozen: ["conv9"] } }))).toThrow(
      /--freeze: expected layers of the network: conv1_1, .*, or how some of these begin, got 'conv9'/,
    );
  });

  test("end to end: upscore2 and its bias, too, and the CRF's matrices", async () => {
    const names = await changed(stage("crf-rnn"));
    for (const name of ["upscore2.weight", "upscore2.bias", "spatialWeight", "bilateralWeight", "compatibility"]) {
      expect(names).toContain(name);
    }
    for (const name of ["upscore8.weight", "bandwidths"]) expect(names).not.toContain(name);
  });

  test("the CRF alone: over a network that stays, and over given logits, resized to the image", async () => {
    const alone = stage("crf-rnn", { crf: { ...crf, network: false } });
    expect(await changed(alone)).toEqual(["bilateralWeight", "compatibility", "spatialWeight"]);
    const learn = { weights: false, compatibility: true, bandwidths: true };
    const given = stage("crf-rnn", { network: undefined, crf: { ...crf, network: false, learn } });
    const logits = { shape: [3, 4, 2] as const, values: Float32Array.from(random(2).array(24, -1, 1)) };
    expect(await changed(given, { ...sample, logits })).toEqual(["bandwidths", "compatibility"]);
  });
});

test("a summed loss is the mean loss times the pixels that count", async () => {
  using learner = createTrainable(device, stage("fcn8s"));
  using mean = createTrainable(device, stage("fcn8s", { loss: "mean" }));
  const counted = sample.labels.filter((label) => label !== 255).length;
  const [[summed], [averaged]] = [
    await (await learner.loss(sample, 0)).read(),
    await (await mean.loss(sample, 0)).read(),
  ];
  expect(summed! / averaged! / counted).toBeCloseTo(1, 5);
});

test("labels are not made of scores that are NaN or infinite", async () => {
  for (const stray of [NaN, Infinity, -Infinity]) {
    using learner = createTrainable(device, stage("fcn8s"));
    const bias = learner.parameters["score_fr.bias"]!;
    bias.write(Float32Array.of(stray, 0));
    await expect(learner.predict(sample)).rejects.toThrow(
      /^the model: expected finite scores, got (NaN|-?Infinity) at \d+/,
    );
  }
});
