import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { shapesOf } from "../../src/train/begin.ts";
import { checkpointLimit } from "../../src/train/limits.ts";
import { estimateBytes } from "../../src/train/memory.ts";
import {
  checkpointFile,
  drawShapes,
  memorySurroundings,
  openModel,
  runTraining,
  shapeClasses,
  trainingConfiguration,
  trainingTimetable,
} from "../../src/train/train.ts";

let device: Device;
beforeAll(async () => {
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => device.dispose());

const [train, val] = [[0, 1].map((index) => drawShapes(1, index, 24)), [drawShapes(1, 2, 24)]];
const options = {
  classes: shapeClasses.map(({ name }) => name),
  images: train,
  widths: [4, 4, 4, 4, 4],
  fc: 4,
  optimizer: "adam",
  rate: 0.02,
  steps: 2,
} as const;
const lstm = { hidden: 4, iterations: 2 };

describe("a convolutional LSTM on a network", () => {
  test("learns with it, is stored beside it, and labels as its validation said", async () => {
    const surroundings = memorySurroundings({ train, val });
    const configuration = await trainingConfiguration({ ...options, lstm });
    await runTraining(device, configuration, trainingTimetable({ ...options, lstm }), surroundings);
    const bytes = surroundings.files.get(checkpointFile)!;
    expect(bytes.length).toBeLessThan(checkpointLimit(configuration));
    const checkpoint = await openCheckpoint(bytesSource(bytes));
    const stored = (await checkpoint.tensors.get("lstm.improve.weight")!.read()) as Float32Array;
    expect(stored.some((value) => value !== 0)).toBe(true);
    for (const [name, { shape }] of Object.entries(shapesOf(configuration))) {
      expect([name, checkpoint.tensors.get(name)!.shape]).toEqual([name, shape]);
    }

    using model = await openModel(device, checkpoint, "run", "none");
    const labels = await model.predict(val[0]!);
    const right = labels.reduce((sum, label, pixel) => sum + Number(label === val[0]!.labels[pixel]), 0);
    const last = surroundings.metrics.findLast(({ event }) => event === "validation");
    expect(last).toMatchObject({ network: { pixelAccuracy: expect.closeTo(right / labels.length, 12) } });

    const other = { iterations: 1, bandwidths: [5, 20, 2], weights: { spatial: 1, bilateral: 1 } } as const;
    await expect(openModel(device, checkpoint, "run", other)).rejects.toThrow(
      /^run: expected a network to put a CRF on, got a convolutional LSTM on its scores — pass --crf none$/,
    );
  });

  test("begins from a network alone, which it leaves as it is", async () => {
    const alone = memorySurroundings({ train, val });
    await runTraining(device, await trainingConfiguration(options), trainingTimetable(options), alone);
    const init = bytesSource(alone.files.get(checkpointFile)!);
    const more = { ...options, lstm, init };
    const surroundings = memorySurroundings({ train, val });
    const { notes } = await runTraining(
      device,
      await trainingConfiguration(more),
      trainingTimetable(more),
      surroundings,
      { init },
    );
    expect(notes[0]).toMatch(/so drawn at random or set by flags: lstm\.input\.weight, /);
    // The validation before its first step is that of the network.
    const [first] = surroundings.metrics.filter(({ event }) => event === "validation");
    const last = alone.metrics.findLast(({ event }) => event === "validation");
    expect(first).toMatchObject({ step: 0, network: (last as { network: object }).network });
  });

  test("takes memory of its own, and is refused beside a CRF", async () => {
    const [own, without] = [await trainingConfiguration({ ...options, lstm }), await trainingConfiguration(options)];
    const size = { height: 24, width: 24 };
    expect(estimateBytes(own, 0, size)).toBeGreaterThan(estimateBytes(without, 0, size));
    await expect(trainingConfiguration({ ...options, lstm, stage: "crf-rnn" })).rejects.toThrow(
      /lstm in a stage without a CRF, got the stage crf-rnn — leave one of them out$/,
    );
    await expect(trainingConfiguration({ ...options, lstm: { kernelSize: 2 } })).rejects.toThrow(/kernelSize: an odd/);
  });
});
