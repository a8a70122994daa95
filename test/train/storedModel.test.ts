import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  asFloat16,
  bytesSource,
  memorySink,
  openCheckpoint,
  type Checkpoint,
} from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import type { RunOptions } from "../../src/models/specification.ts";
import { sgd } from "../../src/optim/sgd.ts";
import { stages, type Configuration } from "../../src/train/configuration.ts";
import { createModel, type Model } from "../../src/train/model.ts";
import { writeState } from "../../src/train/state.ts";
import type { Trainable } from "../../src/train/trainable.ts";
import { openModel, type OtherCrf } from "../../src/train/storedModel.ts";
import { random } from "../suite.ts";
import { toyConfiguration, toyCrf } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

/** Every option of a network with a value that is not its default. */
const others: RunOptions = { widths: [4, 8, 12, 16, 20], fc: 24, dropout: 0.25, scales: "at-once" };

const [height, width] = [5, 40];
const image = { height, width, values: Float32Array.from(random(1).array(height * width * 3, 0, 255)) };

async function logitsOf(model: Model): Promise<Float32Array> {
  using logits = await model.logits({ image }, { iterations: 2 });
  return (await logits.read()).slice();
}

/** A model whose every parameter has random values, and the checkpoint that a run writes of it. */
async function stored(configuration: Configuration): Promise<{ model: Model; checkpoint: Checkpoint }> {
  const model = createModel(device, configuration);
  for (const [i, [name, tensor]] of Object.entries(model.parameters).entries()) {
    // Within reach of what a CRF accepts.
    const numbers = random(i);
    if (name !== "bandwidths") tensor.write((await tensor.read()).map((value) => value + numbers.uniform(-0.1, 0.1)));
  }
  using optimizer = sgd(model.parameters, { rate: 1 });
  const trainable = { parameters: model.parameters } as unknown as Trainable;
  const sink = memorySink();
  await writeState(sink, { trainable, optimizer, configuration }, 3);
  return { model, checkpoint: await openCheckpoint(bytesSource(sink.bytes(), "run")) };
}

describe.each(stages)("a stored %s", (stage) => {
  const configuration = (network: RunOptions): Configuration => ({
    ...toyConfiguration,
    stage,
    network,
    crf: stage === "crf-rnn" ? toyCrf : undefined,
  });
  const crf = stage === "crf-rnn" ? "own" : "none";

  test.each(Object.keys(others) as (keyof RunOptions)[])("is opened as it was, with another %s", async (name) => {
    const { model, checkpoint } = await stored(configuration({ ...toyConfiguration.network!, [name]: others[name] }));
    using _model = model;
    using opened = await openModel(device, checkpoint, "run", crf);
    const logits = await logitsOf(model);
    expect(await logitsOf(opened)).toEqual(logits);
    expect(new Set(logits).size).toBeGreaterThan(logits.length / 2);
  });

  test("is opened by names and shapes alone where another program has dropped the configuration", async () => {
    const { model, checkpoint } = await stored(configuration({ ...others, scales: "staged" }));
    using _model = model;
    using opened = await openModel(device, { ...checkpoint, metadata: {} }, "run", crf);
    expect(Object.keys(opened.parameters)).toEqual(Object.keys(model.parameters));
    for (const [name, tensor] of Object.entries(model.parameters)) {
      expect(await opened.parameters[name]!.read(), name).toEqual(await tensor.read());
    }
    if (crf === "none") expect(await logitsOf(opened)).toEqual(await logitsOf(model));
  });

  test("is opened in half precision, from a file of halves as well: scores near those in single precision", async () => {
    const { model, checkpoint } = await stored(configuration(others));
    using _model = model;
    using half = await openModel(device, checkpoint, "run", "none", "half");
    using narrowed = await openModel(device, asFloat16(checkpoint), "run", "none", "half");
    const { layout } = half.parameters["fc6.weight"]!;
    expect(layout.name).toBe("halfPanels");
    const scores = await logitsOf(half);
    // The file has the weights of interpolations as halves, too.
    const again = await logitsOf(narrowed);
    using single = await openModel(device, checkpoint, "run", "none");
    const expected = await logitsOf(single);
    const largest = Math.max(...expected.map(Math.abs));
    for (const found of [scores, again]) {
      // 16 layers in a row round weights and results, each by 2⁻¹¹; of random signs, a small part of that is seen.
      const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
      expect(worst / largest).toBeLessThan(2 * 16 * 2 ** -11);
      expect(worst).toBeGreaterThan(0);
    }
  });

  test("is opened with another CRF or none, and its network is the same", async () => {
    const { model, checkpoint } = await stored(configuration(others));
    using _model = model;
    let scores: Float32Array | undefined;
    const onLayer = async (name: string, result: { read(): Promise<Float32Array> }): Promise<void> => {
      if (name === "score") scores = (await result.read()).slice();
    };
    (await model.logits({ image }, { onLayer })).dispose();
    using alone = await openModel(device, checkpoint, "run", "none");
    expect(alone.refines).toBe(false);
    expect(await logitsOf(alone)).toEqual(scores);
    const disconnected: OtherCrf = { iterations: 1, bandwidths: [10, 40, 2], weights: { spatial: 1, bilateral: 2 } };
    using refined = await openModel(device, checkpoint, "run", disconnected);
    const heard: string[] = [];
    (await refined.logits({ image }, { onLayer: (name) => void heard.push(name) })).dispose();
    expect(heard.slice(-2)).toEqual(["score", "crf"]);
    expect(await refined.parameters.bandwidths!.read()).toEqual(Float32Array.of(10, 40, 2));
  });
});

describe("a file that claims shapes without values", () => {
  const claimed = (shapes: Readonly<Record<string, readonly number[]>>): Checkpoint => ({
    format: "safetensors",
    metadata: {},
    notes: [],
    tensors: new Map(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { name, shape, type: "float32", read: () => Promise.resolve(new Float32Array()) },
      ]),
    ),
  });

  test("of a wide network is refused before memory is taken", async () => {
    const wide = Object.fromEntries(
      ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1", "fc6"].map((name) => [`${name}.weight`, [2000, 0, 3, 3]]),
    );
    device.resetPeak();
    const before = device.peakBytes;
    const opening = openModel(device, claimed({ ...wide, "score_fr.weight": [21, 0, 1, 1] }), "wide", "none");
    await expect(opening).rejects.toThrow(/^wide: expected the tensors of this architecture.*conv1_1.bias is missing/);
    expect(device.peakBytes).toBe(before);
  });

  test("of a CRF of many classes is refused likewise", async () => {
    device.resetPeak();
    const before = device.peakBytes;
    const opening = openModel(device, claimed({ compatibility: [0, 30000] }), "many", "own");
    await expect(opening).rejects.toThrow(/^many: .*spatialWeight \[\] for 30000 classes/);
    expect(device.peakBytes).toBe(before);
  });
});
