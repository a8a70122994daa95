import { describe, expect, test } from "vitest";
import { toPytorch, translator } from "../../src/checkpoint/names.ts";

// torchvision.models.vgg16 and vgg19: where the convolutions stand among ReLUs and poolings.
const features16 = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
const features19 = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];
const trunk = (depths: number[]) =>
  depths.flatMap((depth, block) => Array.from({ length: depth }, (_, i) => `conv${block + 1}_${i + 1}.weight`));

describe("translator", () => {
  test.each([
    ["VGG-16", features16, trunk([2, 2, 3, 3, 3])],
    ["VGG-19", features19, trunk([2, 2, 4, 4, 4])],
  ])("%s of torchvision", (_, indices, expected) => {
    const names = indices.map((index) => `features.${index}.weight`);
    const translate = translator("pytorch", names);
    expect(names.map((name) => translate(name)?.name)).toEqual(expected);
    expect(translate("classifier.0.weight")).toEqual({ name: "fc6.weight", rearrangement: "same" });
    expect(translate("classifier.3.bias")).toEqual({ name: "fc7.bias", rearrangement: "same" });
    expect(translate("classifier.6.weight")).toBeUndefined();
  });

  test("the compatibility changes its sign from PyTorch only", () => {
    const translated = (dialect: "pytorch" | "keras" | "caffe", name: string) => translator(dialect, [])(name);
    const ours = { name: "compatibility", rearrangement: "same" };
    expect(translated("pytorch", "crfrnn.compatibility_matrix")).toEqual({ ...ours, rearrangement: "negated" });
    expect(translated("keras", "crfrnn.compatibility_matrix")).toEqual(ours);
    expect(translated("caffe", "inference1.2")).toEqual(ours);
    expect(translated("pytorch", "compatibility")).toEqual(ours);
  });

  test("names of the CRF-RNN release for Caffe and Keras", () => {
    const translate = translator("caffe", []);
    expect(
      ["score-fr.0", "score2.1", "score-pool4.0", "score4.0", "score-pool3.1", "upsample.0"].map(
        (name) => translate(name)?.name,
      ),
    ).toEqual([
      "score_fr.weight",
      "upscore2.bias",
      "score_pool4.weight",
      "upscore_pool4.weight",
      "score_pool3.bias",
      "upscore8.weight",
    ]);
  });

  test("unknown names stay", () => {
    const translate = translator("pytorch", []);
    for (const name of [
      "upscore16.weight",
      "num_batches",
      "a.b.running_mean",
      "list.0",
      "own.kernel",
      "",
      ".",
      "bias",
    ]) {
      expect(translate(name)).toEqual({ name, rearrangement: "same" });
    }
  });

  test("Keras' weights as safetensors", () => {
    const translate = translator("pytorch", ["block1_conv1.kernel"]);
    expect(translate("fc1.kernel")).toEqual({ name: "fc6.weight", rearrangement: "channelsLast" });
    expect(translate("block4_conv3.kernel")).toEqual({ name: "conv4_3.weight", rearrangement: "channelsLast" });
    expect(translate("block4_conv3.bias")).toEqual({ name: "conv4_3.bias", rearrangement: "same" });
  });

  test("back to PyTorch: every name of ours, and it is undone", () => {
    for (const name of ["conv1_1.weight", "spatialWeight", "bilateralWeight", "compatibility", "upscore8.weight"]) {
      const theirs = toPytorch(name);
      expect(translator("pytorch", [])(theirs.name)).toEqual({ name, rearrangement: theirs.rearrangement });
    }
  });
});
