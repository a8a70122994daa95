import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesSource, memorySink, openCheckpoint, writePytorch } from "../../src/checkpoint/checkpoint.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { beginFrom, fitOf, shapesOf } from "../../src/train/begin.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { createModel } from "../../src/train/model.ts";
import { beginningOf } from "../../src/train/trainingConfiguration.ts";
import { toyConfiguration, toyCrf } from "./toy.ts";

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

const classesOf = (count: number): string[] => Array.from({ length: count }, (_, label) => `class ${label}`);
const whole = (classes: number, more: Partial<Configuration> = {}): Configuration => ({
  ...toyConfiguration,
  stage: "crf-rnn",
  crf: toyCrf,
  classes: classesOf(classes),
  ...more,
});

/** A file of a configuration's model, its parameters drawn by its seed. */
async function fileOf(configuration: Configuration) {
  using model = createModel(device, configuration);
  const tensors = new Map(
    await Promise.all(
      Object.entries(model.parameters).map(async ([name, tensor]) => {
        const values = (await tensor.read()) as Float32Array<ArrayBuffer>;
        return [name, { shape: tensor.shape, type: "float32" as const, read: async () => values }] as const;
      }),
    ),
  );
  return { format: "safetensors" as const, tensors, metadata: {}, notes: [] };
}

describe("what a run begins from", () => {
  test.each([3, 59])("of 21 classes, lends its trunk to a network of %i, whose scores are drawn", async (classes) => {
    const theirs = await fileOf(whole(21, { seed: 8 }));
    using model = createModel(device, whole(classes));
    const drawn = await model.parameters["score_fr.weight"]!.read();
    const notes = await beginFrom(theirs, "voc.safetensors", model.parameters);
    for (const [name, tensor] of Object.entries(model.parameters)) {
      if (!/^(conv|fc)/.test(name)) continue;
      expect(await tensor.read(), name).toEqual(await theirs.tensors.get(name)!.read());
    }
    expect(await model.parameters["score_fr.weight"]!.read()).toEqual(drawn);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^of another number of classes in voc\.safetensors, so drawn .*: score_fr\.weight, .*upscore8/,
    );
    for (const name of ["spatialWeight", "bilateralWeight", "compatibility"]) expect(notes[0]).toContain(name);
  });

  test("of one set of matrices, lends it to every iteration", async () => {
    const theirs = await fileOf(whole(3));
    const stored = Float32Array.from({ length: 9 }, (_, i) => i / 8);
    theirs.tensors.set("spatialWeight", { shape: [3, 3], type: "float32", read: async () => stored });
    using model = createModel(device, whole(3, { crf: { ...toyCrf, tied: false } }));
    const notes = await beginFrom(theirs, "tied.safetensors", model.parameters);
    expect(await model.parameters.spatialWeight!.read()).toEqual(Float32Array.of(...stored, ...stored));
    expect(notes).toEqual([
      "of one set in tied.safetensors, from which every iteration begins: spatialWeight, bilateralWeight, compatibility",
    ]);
  });

  test("has the shapes of the model's parameters", () => {
    for (const tied of [true, false]) {
      const configuration = whole(3, { crf: { ...toyCrf, tied } });
      using model = createModel(device, configuration);
      const own = Object.entries(model.parameters).map(([name, { shape }]) => [name, [...shape]]);
      const said = Object.entries(shapesOf(configuration)).map(([name, { shape }]) => [name, [...shape]]);
      expect(Object.fromEntries(said)).toEqual(Object.fromEntries(own));
    }
  });

  test("is refused where a layer that has nothing to do with classes has another shape", async () => {
    const theirs = await fileOf(whole(21));
    const network = { ...toyConfiguration.network!, widths: [4, 8, 4, 4, 4] as const };
    expect(() => fitOf(theirs, "narrow.safetensors", shapesOf(whole(3, { network })))).toThrow(
      /^narrow\.safetensors: .* got conv2_1\.weight is \[4, 4, 3, 3\] instead of \[8, 4, 3, 3\]/,
    );
  });

  test("is refused under torchvision's names, which do not tell the colors that it expects", async () => {
    const values = new Float32Array(108);
    const tensors = new Map([
      ["features.0.weight", { shape: [4, 3, 3, 3], type: "float32" as const, read: async () => values }],
    ]);
    const sink = memorySink();
    await writePytorch({ format: "pytorch", tensors, metadata: {}, notes: [] }, sink);
    const checkpoint = await openCheckpoint(bytesSource(sink.bytes(), "vgg16.pth"), { partial: true });
    expect(() => fitOf(checkpoint, "vgg16.pth", shapesOf(toyConfiguration))).toThrow(
      /got names that torchvision gives, .* — convert it first: crf-rnn convert --input torchvision vgg16\.pth/,
    );
  });

  test("is no published network for other classes, so that the papers' rates are not for its scores", async () => {
    const { tensors } = await fileOf({ ...toyConfiguration, classes: classesOf(21) });
    const sink = memorySink();
    await writePytorch({ format: "pytorch", tensors, metadata: {}, notes: [] }, sink);
    const source = bytesSource(sink.bytes(), "fcn8s.pth");
    expect([await beginningOf(source, 21), await beginningOf(source, 3)]).toEqual(["published", "part"]);
  });
});
