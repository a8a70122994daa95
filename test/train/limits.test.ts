import { afterAll, beforeAll, expect, test } from "vitest";
import { memorySink } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { Tape } from "../../src/tape.ts";
import { stages, type Configuration } from "../../src/train/configuration.ts";
import { createOptimizer, createTrainable } from "../../src/train/learner.ts";
import { checkpointLimit, samplesLimit } from "../../src/train/limits.ts";
import { writeState } from "../../src/train/state.ts";
import { checkpointFile, samplesFile } from "../../src/train/surroundings.ts";
import { validate } from "../../src/train/validate.ts";
import { Memory, Toy, toyConfiguration } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const crf: Configuration["crf"] = {
  iterations: 3,
  tied: false,
  normalization: "after",
  activation: "softmax",
  bandwidths: [10, 40, 2],
  weights: { spatial: 1, bilateral: 2 },
  learn: { weights: true, compatibility: true, bandwidths: true },
  multipliers: { weights: 100, compatibility: 10, bandwidths: 1000 },
  network: true,
};

/** Names of 200 letters, which JSON writes with six each. */
const classes = Array.from({ length: 5 }, (_, i) => "\u0001".repeat(200) + i);

test.each(stages.flatMap((stage) => (["adam", "sgd"] as const).map((kind) => [stage, kind] as const)))(
  "a checkpoint of %s with %s is as large as its limit allows, and not much smaller",
  async (stage, kind) => {
    const configuration: Configuration = {
      ...toyConfiguration,
      stage,
      classes,
      network: { ...toyConfiguration.network!, widths: [8, 12, 16, 20, 24], fc: 28 },
      crf: stage === "crf-rnn" ? crf : undefined,
      optimizer: { ...toyConfiguration.optimizer, kind },
    };
    using learner = createTrainable(device, configuration);
    using optimizer = createOptimizer(learner, configuration);
    const [height, width] = [6, 6];
    const image = { height, width, values: new Float32Array(height * width * 3).fill(100) };
    // After a step the optimizer has all its moments.
    using tape = new Tape(learner.learned.map((name) => learner.parameters[name]!));
    using loss = await learner.loss({ id: "gray", image, labels: new Uint8Array(height * width) }, 0);
    optimizer(await tape.gradients(loss));
    const sink = memorySink();
    await writeState(sink, { trainable: learner, optimizer, configuration }, 1);
    const size = sink.bytes().length;
    const limit = checkpointLimit(configuration);
    expect(size).toBeLessThan(limit);
    expect(limit).toBeLessThan(2 * size + 4_000_000);
  },
);

test("a limit grows as a checkpoint of full width does", () => {
  const network = {
    ...toyConfiguration.network!,
    widths: [64, 128, 256, 512, 512],
    fc: 4096,
  } as Configuration["network"];
  const size = checkpointLimit({ ...toyConfiguration, stage: "fcn8s", classes: Array<string>(21).fill("x"), network });
  // 134 million parameters with two moments each: 1.6 GB.
  expect(size).toBeGreaterThan(134e6 * 12);
  expect(size).toBeLessThan(150e6 * 12);
});

test("kept predictions are below their limit", async () => {
  const surroundings = new Memory();
  surroundings.images.val = 9;
  const trainable = new Toy(device);
  await validate({ trainable, configuration: toyConfiguration, surroundings }, 1, {});
  const size = surroundings.files.get(samplesFile)!.length;
  expect(surroundings.files.has(checkpointFile)).toBe(false);
  expect(size).toBeLessThan(samplesLimit(12, 2, 9));
  expect(size).toBeGreaterThan((6 + 3) * 12 + 8 * (4 + 9));
});
