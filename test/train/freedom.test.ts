import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { Tape } from "../../src/tape.ts";
import { createTrainable } from "../../src/train/learner.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { countLearned } from "../../src/train/countLearned.ts";
import { shared } from "../../src/train/freedom.ts";
import { elementsOf } from "../../src/shape.ts";
import {
  checkpointFile,
  type CrfTrainingOptions,
  memorySurroundings,
  openModel,
  runTraining,
  trainingConfiguration,
  type TrainingImage,
  trainingTimetable,
} from "../../src/train/train.ts";
import { random } from "../suite.ts";

let device: Device;
beforeAll(async () => {
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

const [height, width, classes] = [7, 8, 3] as const;
const numbers = random(3);
const picture: TrainingImage = {
  id: "noise",
  image: { height, width, values: Float32Array.from(numbers.array(height * width * 3, 0, 255)) },
  labels: Uint8Array.from({ length: height * width }, (_, pixel) => Math.floor(pixel / 20)),
  logits: {
    shape: [height, width, classes],
    values: Float32Array.from(numbers.array(height * width * classes, -2, 2)),
  },
};
const names = ["ground", "tree", "sky"];
const base = {
  iterations: 2,
  bilateral: { position: 4, color: 60, weight: 1 },
  spatial: { position: 2, weight: 0.5 },
} as const;

const optionsOf = (crf: CrfTrainingOptions) =>
  ({
    classes: names,
    images: [picture],
    stage: "crf-rnn",
    steps: 3,
    crf: { ...base, ...crf },
    optimizer: "adam",
  }) as const;

test.each<[CrfTrainingOptions, number]>([
  [{}, 3 * 9],
  [{ weights: "diagonal" }, 2 * 3 + 9],
  [{ weights: "scalar", compatibility: "symmetric" }, 2 + 6],
  [{ weights: "scalar", compatibility: "potts" }, 2],
  [{ weights: "scalar", compatibility: "symmetric", tied: false }, 2 * (2 + 6)],
  [{ weights: "scalar", learn: { bandwidths: true, weights: true } }, 2 + 9 + 3],
])("%j learns %i numbers of three classes", async (crf, numbers) => {
  const configuration = trainingConfiguration(optionsOf(crf));
  const { free, stored } = countLearned(await configuration);
  expect(free).toBe(numbers);
  using learner = createTrainable(device, await configuration);
  const places = learner.learned.map((name) => elementsOf(learner.parameters[name]!.shape));
  expect(stored).toBe(places.reduce((sum, each) => sum + each, 0));
});

/** The gradients of one picture, by parameter, and the loss where some numbers of a matrix are changed. */
async function ofPicture(configuration: Configuration) {
  using learner = createTrainable(device, configuration);
  const sample = { ...picture, id: "noise" };
  const lossWith = async (name: string, change: (at: number) => number): Promise<number> => {
    const tensor = learner.parameters[name]!;
    const before = await tensor.read();
    tensor.write(before.map((value, at) => value + change(at)));
    using loss = await learner.loss(sample, 0);
    const [value] = await loss.read();
    tensor.write(before);
    return value!;
  };
  using tape = new Tape(learner.learned.map((name) => learner.parameters[name]!));
  const gradients = await tape.gradients(await learner.loss(sample, 0));
  const read = async (name: string) => gradients.get(learner.parameters[name]!)!.read();
  const whole = { spatialWeight: await read("spatialWeight"), compatibility: await read("compatibility") };
  const slope = async (name: string, places: readonly number[]): Promise<number> => {
    const at = (by: number) => lossWith(name, (place) => (places.includes(place) ? by : 0));
    return ((await at(0.01)) - (await at(-0.01))) / 0.02;
  };
  return {
    whole,
    slopes: {
      scalar: await slope("spatialWeight", [0, 4, 8]),
      diagonal: await slope("spatialWeight", [4]),
      symmetric: await slope("compatibility", [1, 3]),
      own: await slope("compatibility", [4]),
    },
  };
}

/** The matrices after some steps. */
async function learned(crf: CrfTrainingOptions) {
  const options = optionsOf(crf);
  const surroundings = memorySurroundings({ train: [picture] });
  const configuration = await trainingConfiguration(options);
  await runTraining(device, configuration, trainingTimetable(options), surroundings);
  const bytes = surroundings.files.get(checkpointFile)!;
  const checkpoint = await openCheckpoint(bytesSource(bytes));
  const read = async (name: string) => [...((await checkpoint.tensors.get(name)!.read()) as Float32Array)];
  return { bytes, spatial: await read("spatialWeight"), compatibility: await read("compatibility") };
}

describe("the numbers that a CRF learns", () => {
  test("have the slopes of the loss as gradients, at each place where they stand", async () => {
    const { whole, slopes } = await ofPicture(await trainingConfiguration(optionsOf({})));
    const near = (actual: number, expected: number): void =>
      expect(Math.abs(actual - expected)).toBeLessThan(2e-3 * Math.abs(expected) + 2e-3);
    const scalar = shared("scalar", whole.spatialWeight, classes);
    for (const place of [0, 4, 8]) near(scalar[place]!, slopes.scalar);
    expect([1, 2, 3, 5, 6, 7].map((place) => scalar[place])).toEqual([0, 0, 0, 0, 0, 0]);
    const diagonal = shared("diagonal", whole.spatialWeight, classes);
    near(diagonal[4]!, slopes.diagonal);
    expect([1, 3].map((place) => diagonal[place])).toEqual([0, 0]);
    const symmetric = shared("symmetric", whole.compatibility, classes);
    near(symmetric[1]!, slopes.symmetric);
    expect(symmetric[3]).toBe(symmetric[1]);
    near(symmetric[4]!, slopes.own);
  });

  test("have sets of their own where iterations are untied", () => {
    const two = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40);
    expect([...shared("scalar", two, 2)]).toEqual([5, 0, 0, 5, 50, 0, 0, 50]);
    expect([...shared("symmetric", two, 2)]).toEqual([1, 5, 5, 4, 10, 50, 50, 40]);
  });

  test("keep the form of the matrices, to the bit, in which they learn", async () => {
    const one = await learned({ weights: "scalar", compatibility: "symmetric" });
    const [weight] = one.spatial;
    expect(weight).not.toBe(0.5);
    expect(one.spatial).toEqual([weight, 0, 0, 0, weight, 0, 0, 0, weight]);
    const c = one.compatibility;
    expect([c[3], c[6], c[7]]).toEqual([c[1], c[2], c[5]]);
    expect(c[1]).not.toBe(0);

    const each = await learned({ weights: "diagonal", compatibility: "potts" });
    expect(new Set([0, 4, 8].map((place) => each.spatial[place])).size).toBe(3);
    expect([1, 2, 3, 5, 6, 7].map((place) => each.spatial[place])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(each.compatibility).toEqual([-1, 0, 0, 0, -1, 0, 0, 0, -1].map((value) => value || expect.closeTo(0, 20)));

    const full = await learned({});
    expect(full.spatial[1]).not.toBe(0);
    expect(full.compatibility[1]).not.toBe(full.compatibility[3]);
  });

  test("refuse matrices of another form to begin from, and words that are none", async () => {
    const { bytes } = await learned({});
    const options = { ...optionsOf({ weights: "diagonal" }), init: bytesSource(bytes) };
    const begun = runTraining(
      device,
      await trainingConfiguration(options),
      trainingTimetable(options),
      memorySurroundings({ train: [picture] }),
      { init: bytesSource(bytes) },
    );
    await expect(begun).rejects.toThrow(
      /^crf\.freedom: expected spatialWeight that is diagonal, to begin from, got .* in row 0, column 1 — /,
    );
    await expect(trainingConfiguration(optionsOf({ weights: "some" as never }))).rejects.toThrow(
      /weights: scalar, diagonal or full/,
    );
  });
});

describe("iterations of validations", () => {
  test("are told apart from those of training", async () => {
    const validated = async (crf: CrfTrainingOptions) => {
      const options = { ...optionsOf(crf), steps: 1 };
      const surroundings = memorySurroundings({ train: [picture], val: [picture] });
      await runTraining(device, await trainingConfiguration(options), trainingTimetable(options), surroundings);
      const metric = surroundings.metrics.findLast(({ event }) => event === "validation");
      if (metric?.event !== "validation") throw new Error("expected a validation");
      return { metric, bytes: surroundings.files.get(checkpointFile)! };
    };
    const [five, same] = [await validated({ validationIterations: 5 }), await validated({})];
    expect(five.metric.lossPerPixel).not.toBe(same.metric.lossPerPixel);
    using model = await openModel(device, await openCheckpoint(bytesSource(five.bytes)), "run", "own");
    const labels = await model.predict(picture, { iterations: 5 });
    const right = labels.reduce((sum, label, pixel) => sum + Number(label === picture.labels[pixel]), 0);
    expect(five.metric.crf!.pixelAccuracy).toBeCloseTo(right / labels.length, 12);
  });

  test("are refused where untied parameters have none for them", async () => {
    await expect(trainingConfiguration(optionsOf({ tied: false, validationIterations: 3 }))).rejects.toThrow(
      /validationIterations: at most 2, as untied parameters have one set for each iteration, got 3$/,
    );
  });
});
