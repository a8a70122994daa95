import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { open } from "../../src/device/open.ts";
import type { Device } from "../../src/device/device.ts";
import { FormatError, ValueError } from "../../src/errors.ts";
import { configurationDifferences, scheduleOf } from "../../src/train/configuration.ts";
import { train } from "../../src/train/loop.ts";
import { formatMetrics, formatTable, type Metric, metricsUntil } from "../../src/train/metrics.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { record } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { restore, restoreOptimizer } from "../../src/train/state.ts";
import { bestFile, checkpointFile, samplesFile } from "../../src/train/surroundings.ts";
import { Memory, momentum, Toy, toyConfiguration as configuration } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const timetable = { from: 0, steps: 12, validateEvery: 4, saveEvery: 5 };
const withoutTimes = (metrics: readonly Metric[]) => metrics.map((metric) => ({ ...metric, seconds: undefined }));

async function uninterrupted(): Promise<Memory> {
  const surroundings = new Memory();
  const trainable = new Toy(device);
  expect(await train({ trainable, optimizer: momentum(trainable), configuration, surroundings }, timetable)).toBe(
    "finished",
  );
  return surroundings;
}

describe("the training loop", () => {
  test("lowers the loss, validates and saves when it should", async () => {
    const { metrics, saves } = await uninterrupted();
    const losses = metrics.flatMap((metric) => (metric.event === "step" ? [metric.loss] : []));
    expect(losses).toHaveLength(12);
    expect(Math.min(...losses.slice(6))).toBeLessThan(losses[0]! / 5);
    expect(metrics.filter(({ event }) => event === "validation").map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(saves.filter((name) => name === checkpointFile)).toHaveLength(6); // at 0, 5, 10, 12, and 4 and 8, which were best
    expect(saves.filter((name) => name === bestFile)).toHaveLength(2);
    expect(saves.filter((name) => name === samplesFile)).toHaveLength(3);
  });

  test("keeps the parameters of the best validation, and ends when its patience is spent", async () => {
    // The truth is 0 everywhere, so that the mean IU is the share of pixels that are predicted so.
    const right = [3, 9, 9, 6, 10];
    const scripted = (trainable: Toy, done = 0) => {
      const shown = right.slice(done);
      trainable.predict = async ({ labels }) => ({
        network: labels.map((_, pixel) => Number(pixel >= shown[0]!)),
        loss: 6,
      });
      const validated = new Memory();
      const { record } = validated;
      validated.record = async (metric) => {
        if (metric.event === "validation") shown.shift();
        return record.call(validated, metric);
      };
      return validated;
    };
    const run = async (patience: number | undefined, surroundings: Memory, trainable: Toy, more = {}) =>
      train(
        { trainable, optimizer: momentum(trainable), configuration, surroundings },
        { ...timetable, steps: 10, validateEvery: 2, saveEvery: 100, patience, ...more },
      );
    const all = new Toy(device);
    const whole = scripted(all);
    expect(await run(undefined, whole, all)).toBe("finished");
    const validations = whole.metrics.filter((metric) => metric.event === "validation");
    expect(validations.map(({ network }) => network.meanIU)).toEqual(right.map((share) => share / 12));
    expect(validations[0]).toMatchObject({ lossPerPixel: 0.5, images: 2 }); // 6 on each 12 pixels
    expect((await whole.state(bestFile)).best).toEqual({ step: 10, meanIU: 10 / 12, waited: 0 });

    const brief = new Toy(device);
    const ended = scripted(brief);
    expect(await run(2, ended, brief)).toBe("patience");
    const best = await ended.state(bestFile);
    expect([best.step, best.optimizer.size]).toEqual([4, 0]); // the first of two that are equal
    const { step, ...last } = await ended.state();
    expect([step, last.best]).toEqual([8, { step: 4, meanIU: 9 / 12, waited: 2 }]);
    expect(await best.parameters.get("threshold")!.read()).not.toEqual(await last.parameters.get("threshold")!.read());

    // Resumed, it has no patience left; with more of it, the run goes on.
    const more = { from: step, best: last.best };
    expect(await run(2, scripted(brief, 4), brief, more)).toBe("patience");
    const again = scripted(brief, 4);
    expect(await run(3, again, brief, more)).toBe("finished");
    expect((await again.state(bestFile)).step).toBe(10);
  });

  test("validates what it begins from, but not parameters that were drawn", async () => {
    const trainable = new Toy(device);
    const surroundings = new Memory();
    const begun = { ...configuration, beginning: "1234" };
    await train({ trainable, optimizer: momentum(trainable), configuration: begun, surroundings }, timetable);
    expect(surroundings.metrics.filter(({ event }) => event === "validation").map(({ step }) => step)).toEqual([
      0, 4, 8, 12,
    ]);
  });

  test("stopped at any step and resumed from its checkpoint, ends in the same bits and tells the same", async () => {
    const whole = await uninterrupted();
    for (const stopAfter of [1, 5, 8, 11]) {
      const surroundings = new Memory();
      surroundings.stopAfter = stopAfter;
      const first = new Toy(device);
      const run = { trainable: first, optimizer: momentum(first), configuration, surroundings };
      expect(await train(run, timetable)).toBe("interrupted");

      const state = await surroundings.state();
      expect(state.step).toBe(stopAfter);
      const trainable = new Toy(device);
      const optimizer = momentum(trainable);
      await restore("run", state.parameters, trainable.parameters);
      await restoreOptimizer(state.optimizer, optimizer);
      surroundings.stopAfter = Infinity;
      await train(
        { trainable, optimizer, configuration, surroundings },
        { ...timetable, from: state.step, best: state.best },
      );
      expect(surroundings.files.get(checkpointFile)).toEqual(whole.files.get(checkpointFile));
      expect(withoutTimes(surroundings.metrics)).toEqual(withoutTimes(whole.metrics));
    }
  });

  test("stops at a loss that is not finite, naming step, image, layer and rate; the last checkpoint stands", async () => {
    const surroundings = new Memory();
    const trainable = new Toy(device);
    const wild = { ...configuration, optimizer: { ...configuration.optimizer, rate: 1e30 } };
    const run = { trainable, optimizer: momentum(trainable), configuration: wild, surroundings };
    const error = await train(run, timetable).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValueError);
    expect((error as Error).message).toMatch(
      /^step 2, image train\d: expected a finite loss, got Infinity, which first appears in the layer difference — lower --rate \(it is 1e\+30/,
    );
    expect((await surroundings.state()).step).toBe(0);
  });

  test("names the parameter whose gradient was NaN, also where clipping spread it over all of them", async () => {
    const sayings = [
      [
        undefined,
        /^step 2, image train\d: expected a finite loss, got NaN, which first appears in the parameter weight —/,
      ],
      [
        1,
        /^step 1: expected finite gradients, got NaN or infinity in the gradient of weight — lower --rate .*, of step 0,/,
      ],
    ] as const;
    for (const [clip, saying] of sayings) {
      const [bias, weight] = [device.tensor([1], [1]), device.tensor([3], [1, 2, 3])];
      const parameters = { bias, weight };
      const loss = async (): Promise<Tensor> => {
        const [value] = await weight.read();
        return record(device.tensor([1], [value!]), [bias, weight], [], () => [
          device.tensor([1], [1]),
          device.tensor([3], [NaN, 0, 1]),
        ]);
      };
      const { predict, finish } = new Toy(device);
      const trainable = { parameters, learned: ["bias", "weight"], loss, predict, finish, [Symbol.dispose]() {} };
      const clipping = { ...configuration, optimizer: { ...configuration.optimizer, clip } };
      const optimizer = sgd(parameters, { rate: 0.1, clip });
      const run = { trainable, optimizer, configuration: clipping, surroundings: new Memory() };
      await expect(train(run, timetable)).rejects.toThrow(saying);
    }
  });

  test("saves nothing of a run whose first loss is not finite, and does not blame the rate", async () => {
    const surroundings = new Memory();
    const trainable = new Toy(device);
    device.write(trainable.threshold.storage, Float32Array.of(NaN, 0, 0, 0));
    const run = { trainable, optimizer: momentum(trainable), configuration, surroundings };
    await expect(train(run, timetable)).rejects.toThrow(
      /^step 1, image train\d: .* first appears in the parameter threshold — no step was taken, .* check --init and --logits/,
    );
    expect(surroundings.files.size).toBe(0);
  });

  test("leaves no memory behind where a step throws: in a picture, in saving, by diverging", async () => {
    const fail = (): Promise<never> => Promise.reject(new Error("out of luck"));
    const failures: readonly ((surroundings: Memory) => void)[] = [
      (surroundings) => (surroundings.save = fail),
      (surroundings) => (surroundings.record = fail),
      (surroundings) => {
        const { sample } = surroundings;
        let asked = 0;
        // The second of two: the first one's gradients are there by then.
        surroundings.sample = (split, index) => (asked++ === 1 ? fail() : sample.call(surroundings, split, index));
      },
      (surroundings) => {
        const { sample } = surroundings;
        let asked = 0;
        surroundings.sample = async (split, index) => {
          const found = await sample.call(surroundings, split, index);
          if (asked++ === 1) found.image.values.fill(NaN);
          return found;
        };
      },
    ];
    for (const break_ of failures) {
      const before = device.bytes;
      const surroundings = new Memory();
      break_(surroundings);
      const trainable = new Toy(device);
      const optimizer = momentum(trainable);
      await expect(train({ trainable, optimizer, configuration, surroundings }, timetable)).rejects.toThrow();
      optimizer.dispose();
      trainable[Symbol.dispose]();
      expect(device.bytes).toBe(before);
    }
  });

  test("does not save a last state that is not finite", async () => {
    const surroundings = new Memory();
    surroundings.images.val = 0;
    const trainable = new Toy(device);
    const wild = { ...configuration, optimizer: { ...configuration.optimizer, rate: 1e39 } };
    const run = { trainable, optimizer: momentum(trainable), configuration: wild, surroundings };
    await expect(train(run, { ...timetable, steps: 1 })).rejects.toThrow(
      /^step 1, parameter threshold: expected finite values to save, got -?Infinity at 0 — lower --rate .*, of step 0, stands/,
    );
    expect((await surroundings.state()).step).toBe(0);
  });

  test("keeps no state of a run that is about to diverge, whose losses are finite as yet", async () => {
    const surroundings = new Memory();
    const trainable = new Toy(device);
    // The threshold swings to and fro, ten times as far each time: some steps pass until float32 has no number for its loss.
    const wild = { ...configuration, optimizer: { ...configuration.optimizer, rate: 5.5 } };
    const run = { trainable, optimizer: momentum(trainable, wild), configuration: wild, surroundings };
    const error = await train(run, { ...timetable, steps: 60, saveEvery: 1, validateEvery: 60 }).catch(
      (thrown: Error) => thrown,
    );
    expect((error as Error).message).toMatch(/the last checkpoint, of step \d, stands/);
    const steps = surroundings.metrics.flatMap((metric) => (metric.event === "step" ? [metric] : []));
    const { step } = await surroundings.state();
    expect(step).toBeLessThan(4);
    expect(steps.length).toBeGreaterThan(step + 10);
    const [first] = steps;
    expect(steps[step]!.lossPerPixel).toBeLessThan(10 * (first!.lossPerPixel + Math.LN2));
    expect(steps[step + 2]!.lossPerPixel).toBeGreaterThan(10 * (first!.lossPerPixel + Math.LN2));
  });

  test("a checkpoint that was saved when the run had diverged is blamed itself", async () => {
    const surroundings = new Memory();
    surroundings.stopAfter = 1;
    const trainable = new Toy(device);
    const wild = { ...configuration, optimizer: { ...configuration.optimizer, rate: 1e25 } };
    const run = { trainable, optimizer: momentum(trainable, wild), configuration: wild, surroundings };
    expect(await train(run, { ...timetable, validateEvery: 60 })).toBe("interrupted");
    surroundings.stopAfter = Infinity;
    await expect(train(run, { ...timetable, from: 1 })).rejects.toThrow(
      /the checkpoint of step 1 was saved when it had happened: delete it, lower --rate .* --resume goes on from the former/,
    );
  });
});

describe("a checkpoint of another architecture", () => {
  test("is refused with the tensors that differ, and nothing is copied", async () => {
    const { parameters } = await (await uninterrupted()).state();
    const toy = new Toy(device);
    const other = { threshold: device.tensor([2]), slope: device.tensor([3, 3]) };
    const refusal = await restore("other.safetensors", parameters, other).catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(FormatError);
    expect((refusal as Error).message).toContain("got slope is missing, threshold is [1] instead of [2]");
    expect(await toy.threshold.read()).toEqual(Float32Array.of(0));
  });
});

describe("metrics", () => {
  test("beyond the checkpoint, and a line cut short, are left out", async () => {
    const { metrics } = await uninterrupted();
    const text = formatMetrics(metrics);
    expect(metricsUntil(text, 12)).toEqual(metrics);
    expect(metricsUntil(text.slice(0, -20), 12)).toEqual(metrics.slice(0, -1));
    expect(metricsUntil(text, 5).every(({ step }) => step <= 5)).toBe(true);
    expect(metricsUntil("null\n17\n{}\n", 5)).toEqual([]);
  });

  test("as a table have a row for each step and validation, and empty cells where there is nothing", async () => {
    const scores = { meanIU: 0.5, pixelAccuracy: 0.75, meanAccuracy: 0.625, bandAccuracy: null, iu: [0.5] };
    const table = formatTable([
      { event: "step", step: 1, epoch: 0.5, loss: 3, lossPerPixel: 0.25, rate: 0.1, seconds: 2 },
      { event: "change", step: 1, settings: [] },
      { event: "validation", step: 1, images: 4, lossPerPixel: 0.125, network: scores },
    ]);
    const [head, ...rows] = table.trimEnd().split("\n");
    expect(head).toMatch(
      /^event,step,epoch,loss,lossPerPixel,rate,seconds,images,network\.meanIU,.*,crf\.bandAccuracy$/,
    );
    expect(rows).toEqual(["step,1,0.5,3,0.25,0.1,2,,,,,,,,,", "validation,1,,,0.125,,,4,0.5,0.75,0.625,,,,,"]);
    expect(head!.split(",")).toHaveLength(16);
  });

  test("of a change are kept as soon as a checkpoint knows of it, and told anew before", () => {
    const change: Metric = { event: "change", step: 5, settings: [{ path: "optimizer.rate", there: "2", here: "1" }] };
    const text = formatMetrics([change]);
    expect(metricsUntil(text, 4)).toEqual([]);
    expect(metricsUntil(text, 5)).toEqual([]);
    expect(metricsUntil(text, 6)).toEqual([change]);
  });
});

describe("configurations", () => {
  test("differ by the options that differ", () => {
    expect(configurationDifferences(configuration, configuration)).toEqual([]);
    const optimizer = { ...configuration.optimizer, rate: 0.1, clip: 3 };
    expect(configurationDifferences(configuration, { ...configuration, optimizer, classes: ["a"] })).toEqual([
      { path: "classes", there: "dark, bright", here: "a" },
      { path: "optimizer.rate", there: "0.05", here: "0.1" },
      { path: "optimizer.clip", there: undefined, here: "3" },
    ]);
  });

  test("schedules", () => {
    const rates = (schedule: Parameters<typeof scheduleOf>[0]["schedule"], ...steps: number[]) =>
      steps.map(scheduleOf({ ...configuration.optimizer, rate: 8, schedule }));
    expect(rates({ kind: "step", every: 10, factor: 0.5 }, 0, 9, 10, 25)).toEqual([8, 8, 4, 2]);
    expect(rates({ kind: "poly", steps: 100, power: 2 }, 0, 50, 100)).toEqual([8, 2, 0]);
    expect(rates({ kind: "fixed" }, 1e6)).toEqual([8]);
    expect(rates({ kind: "cosine", steps: 100 }, 0, 50, 100).map((rate) => rate.toFixed(12))).toEqual(
      [8, 4, 0].map((rate) => rate.toFixed(12)),
    );
    const warmed = { ...configuration.optimizer, rate: 8, warmUp: 4, schedule: { kind: "fixed" } as const };
    expect([0, 1, 3, 9].map(scheduleOf(warmed))).toEqual([2, 4, 8, 8]);
  });
});
