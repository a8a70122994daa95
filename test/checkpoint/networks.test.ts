import { describe, expect, test } from "vitest";
import {
  bytesSource,
  loadCheckpoint,
  memorySink,
  openCheckpoint,
  writeSafetensors,
} from "../../src/checkpoint/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { crfRnn, networkOf, vgg16, vgg19, type Shapes } from "./network.ts";

async function sourceOf(shapes: Shapes) {
  const sink = memorySink();
  await writeSafetensors(networkOf(shapes), sink);
  return bytesSource(sink.bytes(), "network");
}

const without = (shapes: Shapes, pattern: RegExp): Shapes =>
  Object.fromEntries(Object.entries(shapes).filter(([name]) => !pattern.test(name)));

const crf = /Weight$|^compatibility$/;
const fcn8s = without(crfRnn, crf);
const scores32 = { "score_fr.weight": [3, 6, 1, 1], "score_fr.bias": [3] };
const fcn32s = { ...vgg16, ...scores32, "upscore.weight": [3, 3, 64, 64] };
const pool4 = { "upscore2.weight": [3, 3, 4, 4], "score_pool4.weight": [3, 4, 1, 1], "score_pool4.bias": [3] };
const fcn16s = { ...vgg16, ...scores32, ...pool4, "upscore16.weight": [3, 3, 32, 32] };

describe("whole networks", () => {
  test.each<[string, Shapes]>([
    ["VGG-16", vgg16],
    ["VGG-19", vgg19],
    ["VGG-16's convolutions", without(vgg16, /^fc/)],
    ["VGG-19's convolutions", without(vgg19, /^fc/)],
    ["FCN-32s", fcn32s],
    ["FCN-16s", fcn16s],
    ["FCN-8s", fcn8s],
    ["FCN-8s without the bias of upscore2", without(fcn8s, /upscore2\.bias/)],
    ["FCN-8s with CRF-RNN", crfRnn],
    [
      "FCN-32s with CRF-RNN and bandwidths",
      { ...fcn32s, spatialWeight: [3, 3], bilateralWeight: [3, 3], compatibility: [3, 3], bandwidths: [3] },
    ],
    ["a CRF alone", Object.fromEntries(Object.entries(crfRnn).filter(([name]) => crf.test(name)))],
    ["a network that we do not know", { "layer1.weight": [2, 2], "layer1.bias": [2] }],
    ["the state of an optimizer beside a network", { ...fcn8s, "velocity.conv1_1.weight": [2, 3, 3, 3] }],
  ])("%s opens without a note", async (_, shapes) => {
    const { tensors, notes } = await openCheckpoint(await sourceOf(shapes));
    expect([...tensors.keys()].sort()).toEqual(Object.keys(shapes).sort());
    expect(notes).toEqual([]);
  });
});

describe("networks that lack tensors", () => {
  test.each<[string, Shapes, string, string]>([
    ["a bias", without(vgg16, /conv3_2\.bias/), "VGG-16", "conv3_2.bias"],
    ["a layer", without(vgg19, /^conv4_1/), "VGG-19", "conv4_1"],
    ["one of two dense layers", without(vgg16, /^fc7/), "VGG-16", "fc7"],
    ["a matrix of the CRF", without(crfRnn, /^compatibility/), "FCN-8s with CRF-RNN", "compatibility"],
    ["two of a CRF alone", { spatialWeight: [3, 3] }, "a CRF", "bilateralWeight, compatibility"],
    ["a skip", without(fcn8s, /pool3/), "FCN-8s", "score_pool3"],
    ["a transposed convolution", without(fcn16s, /upscore16/), "FCN-16s", "upscore16.weight"],
    ["the trunk", without(crfRnn, /^(conv[2-5]|fc)/), "FCN-8s with CRF-RNN", [...names(vgg16)].slice(2).join(", ")],
  ])("%s: an error that names it, or a note where a part will do", async (_, shapes, network, missing) => {
    const source = await sourceOf(shapes);
    for (const open of [openCheckpoint, loadCheckpoint]) {
      const error = await open(source).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toMatchObject({ file: "network", offset: source.size });
      expect(error).toMatchObject({ expected: `the whole of ${network}`, got: `the end without ${missing}` });
      const { tensors, notes } = await open(source, { partial: true });
      expect([...tensors.keys()].sort()).toEqual(Object.keys(shapes).sort());
      expect(notes).toEqual([`not the whole of ${network}: it lacks ${missing}`]);
    }
  });
});

function names(shapes: Shapes): Set<string> {
  return new Set(Object.keys(shapes).map((name) => name.split(".")[0]!));
}
