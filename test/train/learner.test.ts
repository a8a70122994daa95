import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { Tape } from "../../src/tape.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { createOptimizer, createTrainable } from "../../src/train/learner.ts";
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
