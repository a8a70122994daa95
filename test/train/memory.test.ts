import { afterAll, beforeAll, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { Tape } from "../../src/tape.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { createOptimizer, createTrainable } from "../../src/train/learner.ts";
import { estimateBytes } from "../../src/train/memory.ts";
import { countLearned } from "../../src/train/countLearned.ts";
import { random } from "../suite.ts";
import { toyConfiguration, toyCrf } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const network = { ...toyConfiguration.network!, widths: [16, 12, 16, 20, 24], fc: 64, dropout: 0.5 };
const frozen = ["conv1", "conv2", "conv3"];

test.each<[string, Partial<Configuration>, number]>([
  ["fcn32s", { stage: "fcn32s" }, 120],
  ["fcn16s", { stage: "fcn16s" }, 60],
  ["fcn8s", {}, 120],
  ["fcn8s, small", {}, 10],
  ["fcn8s with Adam", { optimizer: { ...toyConfiguration.optimizer, kind: "adam" } }, 60],
  ["fcn8s with layers that stay", { network: { ...network, frozen } }, 120],
  ["crf-rnn", { stage: "crf-rnn", crf: toyCrf }, 60],
  ["a CRF over a network that stays", { stage: "crf-rnn", crf: { ...toyCrf, network: false } }, 60],
])("the estimate for a step of %s is what it takes", async (_, more, side) => {
  const configuration: Configuration = { ...toyConfiguration, network, ...more };
  const before = device.bytes;
  device.resetPeak();
  using learner = createTrainable(device, configuration);
  using optimizer = createOptimizer(learner, configuration);
  const image = { height: side, width: side, values: Float32Array.from(random(1).array(side * side * 3, 0, 255)) };
  const sample = { id: "noise", image, labels: new Uint8Array(side * side) };
  for (let step = 0; step < 2; step++) {
    using tape = new Tape(learner.learned.map((name) => learner.parameters[name]!));
    using loss = await learner.loss(sample, step);
    const gradients = await tape.gradients(loss);
    optimizer(gradients);
    for (const gradient of gradients.values()) gradient.dispose();
  }
  const taken = device.peakBytes - before;
  const estimated = estimateBytes(configuration, countLearned(configuration).stored, { height: side, width: side });
  // Measured: 0.90 to 1.07 times as much, of 13 to 33 MB.
  expect(estimated / taken).toBeGreaterThan(0.85);
  expect(estimated / taken).toBeLessThan(1.15);
});
