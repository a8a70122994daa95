import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { shapesId } from "../../src/cli/demo/shapesFolder.ts";
import { decodeLabelPng } from "../../src/data/png.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import type { Tensor } from "../../src/tensor.ts";
import {
  bestFile,
  checkpointFile,
  drawShapes,
  memorySurroundings,
  type Metric,
  type Outcome,
  openModel,
  openState,
  readPredictions,
  runTraining,
  samplesFile,
  startFile,
  shapeClasses,
  trainingConfiguration,
  type TrainingOptions,
  trainingTimetable,
} from "../../src/train/train.ts";
import type { Folder } from "../cli/command.ts";
import { readMetrics, shapesFolder, trainWords } from "../cli/training.ts";

let device: Device;
let folder: Folder;
beforeAll(async () => {
  folder = shapesFolder();
  device = await open({ prefer: "wasm", threads: 1 });
});
afterAll(() => {
  folder[Symbol.dispose]();
  device.dispose();
});

/** The pictures of `shapesFolder`, by the names that they have there. */
const pictures = Array.from({ length: 8 }, (_, index) => ({ ...drawShapes(3, index, 24), id: shapesId(index) }));
const [train, val] = [pictures.slice(0, 6), pictures.slice(6)];
const classes = shapeClasses.map(({ name }) => name);
const palette = shapeClasses.map(({ rgb }) => rgb);
const smallest = { classes, palette, images: train, widths: [4, 4, 4, 4, 4], fc: 4 };

interface Begun {
  readonly outcome: Outcome;
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly metrics: readonly Metric[];
}

/** A run in memory; `until`: the step after which it is stopped. */
async function trained(options: Omit<TrainingOptions, "classes" | "images">, until = Infinity): Promise<Begun> {
  const stop = new AbortController();
  const onMetric = ({ step }: Metric): void => void (step >= until && stop.abort());
  const surroundings = memorySurroundings({ train, val, onMetric, stop: stop.signal });
  const all = { ...smallest, ...options };
  const [configuration, timetable] = [await trainingConfiguration(all), trainingTimetable(all)];
  const { init } = options;
  const outcome = await runTraining(device, configuration, timetable, surroundings, { init });
  return { outcome, files: surroundings.files, metrics: surroundings.metrics };
}

const withoutTimes = (metrics: readonly Metric[]) => metrics.map((metric) => ({ ...metric, seconds: undefined }));
const fileOf = (run: string, name = checkpointFile): Buffer => readFileSync(folder.file(`${run}/${name}`));
const runs = (...words: string[]): void =>
  expect(folder.run(words)).toEqual({ status: 0, stdout: expect.any(String) as string, stderr: "" });

/** Dropout, augmentation, order and accumulation; and a CRF on top of what came of it. */
const first = {
  options: {
    steps: 6,
    batch: 2,
    seed: 4,
    rate: 1e-3,
    schedule: { kind: "poly", power: 0.9 },
    augmentation: { flip: true, scale: 1.2, rotation: 10, color: 0.2 },
    frozen: undefined,
  },
  words:
    "--steps 6 --batch 2 --seed 4 --rate 1e-3 --schedule poly:0.9 --augment flip,scale=1.2,rotation=10,color=0.2".split(
      " ",
    ),
} as const;
const second = {
  options: {
    stage: "crf-rnn",
    epochs: 0.5,
    loss: "mean",
    optimizer: "sgd",
    clip: 1,
    crf: { iterations: 2, bilateral: { position: 20, color: 20, weight: 3 }, spatial: { weight: 1 }, tied: false },
  },
  words: [
    ..."--stage crf-rnn --epochs 0.5 --loss mean --optimizer sgd --clip 1 --iterations 2 --untied".split(" "),
    ..."--theta-alpha 20 --theta-beta 20 --bilateral-weight 3 --spatial-weight 1".split(" "),
  ],
} as const;

describe("a run in memory", () => {
  let network: Begun;
  let whole: Begun;
  beforeAll(async () => {
    network = await trained(first.options);
    const init = bytesSource(network.files.get(checkpointFile)!);
    whole = await trained({ ...second.options, init });
    runs(...trainWords("network", ...first.words, "--quiet"));
    runs(...trainWords("whole", ...second.words, "--init", `network/${checkpointFile}`, "--quiet"));
  });

  test.each([
    ["network", () => network, []],
    ["whole", () => whole, [startFile]],
  ])("of a %s writes what crf-rnn train writes, to the bit", (run, begun, ofCrf) => {
    const { files, metrics, outcome } = begun();
    expect(outcome.ending).toBe("finished");
    for (const [name, bytes] of files) expect(fileOf(run, name).equals(bytes), name).toBe(true);
    expect([...files.keys()].sort()).toEqual([bestFile, checkpointFile, samplesFile, ...ofCrf]);
    expect(withoutTimes(metrics)).toEqual(withoutTimes(readMetrics(folder, run)));
  });

  test("that was stopped is gone on with by crf-rnn train, from its checkpoint alone, to the bits of one that was not", async () => {
    const { outcome, files, metrics } = await trained(first.options, 3);
    expect(outcome.ending).toBe("interrupted");
    expect(metrics.findLast(({ event }) => event === "step")!.step).toBe(3);
    mkdirSync(folder.file("stopped"));
    writeFileSync(folder.file(`stopped/${checkpointFile}`), files.get(checkpointFile)!);
    runs(...trainWords("stopped", ...first.words, "--resume", "--quiet"));
    expect(fileOf("stopped").equals(network.files.get(checkpointFile)!)).toBe(true);
    expect(readMetrics(folder, "stopped").map(({ step }) => step)).toEqual([4, 4, 5, 5, 6, 6]);
  });

  test("goes on from what crf-rnn train saved, and refuses what is of another run", async () => {
    const { files } = await trained(first.options, 2);
    const resume = bytesSource(files.get(checkpointFile)!, "mine");
    const { configuration, step } = await openState(resume);
    expect(step).toBe(2);
    const surroundings = memorySurroundings({ train, val });
    const timetable = trainingTimetable({ ...smallest, ...first.options });
    await runTraining(device, configuration, timetable, surroundings, { resume });
    expect(fileOf("network").equals(surroundings.files.get(checkpointFile)!)).toBe(true);
    await expect(
      runTraining(device, { ...configuration, seed: 5 }, timetable, surroundings, { resume }),
    ).rejects.toThrow("mine: expected a run of this configuration, got another: seed: 4 there, 5 here — pass the");
  });

  test("leaves a checkpoint that evaluate and segment read", async () => {
    const checkpoint = folder.write("mine.safetensors", whole.files.get(checkpointFile)!);
    const scores = folder.run([
      "evaluate",
      "--data",
      "shapes",
      "--checkpoint",
      checkpoint,
      "--iterations",
      "2",
      "--json",
      "--quiet",
      "--device",
      "wasm",
      "--threads",
      "1",
    ]);
    expect({ ...scores, stdout: "" }).toEqual({ status: 0, stdout: "", stderr: "" });
    const { meanIU } = JSON.parse(scores.stdout) as { meanIU: number };
    const validation = whole.metrics.findLast(({ event }) => event === "validation")!;
    expect(meanIU).toBe("crf" in validation ? validation.crf!.meanIU : NaN);
    runs(
      "segment",
      `shapes/images/${val[0]!.id}.png`,
      "--checkpoint",
      checkpoint,
      "--iterations",
      "2",
      "--out",
      "masks",
      "--quiet",
      "--device",
      "wasm",
      "--threads",
      "1",
    );
    const { labels } = decodeLabelPng(readFileSync(folder.file(`masks/${val[0]!.id}.png`)), "mask");
    const [kept] = await readPredictions(bytesSource(whole.files.get(samplesFile)!));
    expect(labels).toEqual(kept!.crf);
    using model = await openModel(
      device,
      await openCheckpoint(bytesSource(whole.files.get(checkpointFile)!)),
      "mine",
      "own",
    );
    expect(await model.predict(val[0]!)).toEqual(kept!.crf);
  });
});

test("parameters are looked at before the first step and after each, as they will be saved", async () => {
  const options = { ...smallest, stage: "crf-rnn", steps: 2, crf: { iterations: 1 } } as const;
  const seen: { readonly step: number; readonly names: string[]; readonly compatibility: Float32Array }[] = [];
  const onParameters = async (parameters: Readonly<Record<string, Tensor>>, step: number): Promise<void> => {
    const compatibility = await parameters.compatibility!.read();
    seen.push({ step, names: Object.keys(parameters), compatibility });
  };
  const surroundings = memorySurroundings({ train, onParameters });
  await runTraining(device, await trainingConfiguration(options), trainingTimetable(options), surroundings);
  expect(seen.map(({ step }) => step)).toEqual([0, 1, 2]);
  const { parameters } = await openState(bytesSource(surroundings.files.get(checkpointFile)!));
  expect(seen[2]!.names).toEqual([...parameters.keys()]);
  expect(seen[2]!.compatibility).toEqual(await parameters.get("compatibility")!.read());
  expect(seen[0]!.compatibility).not.toEqual(seen[2]!.compatibility);
});

describe("refused in one sentence", () => {
  const image = train[0]!;
  test.each<[string, object, string]>([
    ["an unknown option", { learningRate: 1 }, '"learningRate" — write rate'],
    ["no classes", { classes: [] }, "classes: their names, in an array"],
    ["no images", { images: [] }, "images: images with labels, in an array, got none"],
    ["labels of another size", { images: [{ ...image, labels: new Uint8Array(3) }] }, "576 labels of an image 24 × 24"],
    [
      "nothing to learn from",
      { images: [{ ...image, labels: image.labels.map(() => 255) }] },
      "255 (ignored) on every",
    ],
    [
      "pixels in an array",
      { images: [{ ...image, image: { height: 1, width: 1, values: [1, 2, 3] } }] },
      "Float32Array",
    ],
    ["a rate of 0", { rate: 0 }, "rate: a number above 0, got 0"],
    ["another stage", { stage: "fcn4s" }, "stage: fcn32s, fcn16s, fcn8s or crf-rnn"],
    ["steps and epochs", { steps: 1, epochs: 1 }, "steps or epochs, got both"],
    ["a CRF beside a network's stage", { crf: {} }, 'crf beside the stage "crf-rnn" alone, got fcn8s'],
    ["a CRF alone on nothing", { stage: "crf-rnn", crf: { network: false } }, "beside crf.network: false, got neither"],
    ["a bandwidth of 0", { stage: "crf-rnn", crf: { spatial: { position: 0 } } }, "spatial.position: a number above 0"],
    ["an unknown thing to learn", { stage: "crf-rnn", crf: { learn: { theta: true } } }, "crf.learn: expected options"],
    ["layers frozen as nothing has them", { frozen: ["conv1"] }, "init beside frozen"],
    ["too much augmentation", { augmentation: { scale: 9 } }, "augmentation: expected scale: a number, 1 to 8, got 9"],
    ["another schedule", { schedule: { kind: "sawtooth" } }, "optimizer.schedule"],
    ["too few colors", { palette: [[1, 2, 3]] }, "palette: 4 colors, one a class, got 1"],
    ["too few weights", { classWeights: [1, 2] }, "classWeights: balanced, or 4 numbers of 0 or more"],
    ["weights beside Dice", { classWeights: "balanced", loss: "dice" }, "no classWeights beside the loss dice"],
    ["a class that is no text", { classes: [1], palette: undefined }, "classes.0: string, got 1"],
    [
      "logits of some images",
      { stage: "crf-rnn", images: [image, { ...image, logits: { shape: [1, 1, 4], values: new Float32Array(4) } }] },
      "logits of all images or of none, got none of shapes-0000",
    ],
  ])("%s", async (_, options, sentence) => {
    const refused = trainingConfiguration({ ...smallest, ...options });
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toMatchObject({ name: expect.stringMatching(/^(Value|Shape)Error$/) as string });
  });

  test("but not weights that balance the classes: of those that occur, each has the same sum, and a pixel 1 on average", async () => {
    const labels = Uint8Array.of(0, 0, 0, 0, 0, 0, 2, 2, 255); // six, none, two, none
    const picture = { image: { height: 3, width: 3, values: new Float32Array(27) }, labels };
    const { classWeights } = await trainingConfiguration({ ...smallest, images: [picture], classWeights: "balanced" });
    expect(classWeights).toEqual([0.666667, 1, 2, 1]);
  });

  test("what memorySurroundings, trainingTimetable and runTraining are given wrong", async () => {
    expect(() => memorySurroundings({ train: [] })).toThrow("memorySurroundings: expected train: images");
    expect(() => memorySurroundings({ train, onmetric: () => {} } as never)).toThrow("write onMetric");
    expect(() => trainingTimetable({ images: train, steps: 1.5 })).toThrow(
      "steps: a whole number of 1 or more, got 1.5",
    );
    const configuration = { ...(await trainingConfiguration(smallest)), batch: "2" } as never;
    const none = runTraining(device, configuration, trainingTimetable(smallest), memorySurroundings({ train }));
    await expect(none).rejects.toThrow('runTraining: expected batch: number, got "2"');
  });
});

test("logits in the images stand in for a network", async () => {
  const logits = { shape: [6, 6, 4], values: Float32Array.from({ length: 144 }, (_, i) => (i * 5) % 7) } as const;
  const images = train.slice(0, 2).map((image) => ({ ...image, logits }));
  const options = { classes, images, stage: "crf-rnn", steps: 2, crf: { iterations: 1 } } as const;
  const configuration = await trainingConfiguration(options);
  expect(configuration).toMatchObject({ network: undefined, crf: { network: false }, optimizer: { rate: 1e-2 } });
  const surroundings = memorySurroundings({ train: images });
  await runTraining(device, configuration, trainingTimetable(options), surroundings);
  const { parameters } = await openState(bytesSource(surroundings.files.get(checkpointFile)!));
  expect([...parameters.keys()]).not.toContain("conv1_1.weight");
  expect(parameters.has("compatibility")).toBe(true);
});
