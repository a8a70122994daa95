/** Pipelines of transformers.js with a model that is made here, in the shape of SegFormer, in Node and in Chromium. */
import { beforeAll, expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { makeModel } from "./colorModel.ts";
import { inputSize, preprocessing } from "./colorNetwork.ts";
import type { Findings } from "./programs/transformers.ts";
import { useRuntimes } from "./runtimes.ts";

const project = useRuntimes();

beforeAll(async () => {
  const [height, width] = inputSize;
  const config = {
    model_type: "segformer",
    architectures: ["SegformerForSemanticSegmentation"],
    id2label: { 0: "reddish", 1: "greenish", 2: "bluish" },
    label2id: { reddish: 0, greenish: 1, bluish: 2 },
  };
  const preprocessor = {
    image_processor_type: "SegformerImageProcessor",
    do_resize: true,
    size: { height, width },
    resample: 2,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: preprocessing.mean,
    image_std: preprocessing.deviation,
  };
  await project.write("models/color/config.json", JSON.stringify(config));
  await project.write("models/color/preprocessor_config.json", JSON.stringify(preprocessor));
  await project.write("models/color/onnx/model.onnx", makeModel());
});

const expected = { version: "4.3.1", labels: ["reddish", "greenish", "bluish"], differing: 0, size: [52, 40], kept: 0 };

test.each(["wasm", "webgpu"])("in Node, with the CRF on %s: the masks of refined scores", async (kind) => {
  const findings = (await project.inProcess("transformers", findNewerNode()!, [kind])) as Findings;
  expect(findings).toMatchObject({ ...expected, kind });
  expect(findings.refinedPixels).toBeGreaterThan(100);
});

test.each(["wasm", "webgpu"])("in Chromium, with both on %s: the masks of refined scores", async (kind) => {
  const findings = (await project.inPage("transformers", `inPage("${kind}")`)) as Findings;
  expect(findings).toMatchObject({ ...expected, kind });
  expect(findings.refinedPixels).toBeGreaterThan(100);
});
