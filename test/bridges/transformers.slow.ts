/** Pipelines of transformers.js with a model that is made here, in the shape of SegFormer, in Node and in Chromium. */
import { beforeAll, expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import type { Findings } from "./programs/transformers.ts";
import { useRuntimes, writeColorPipeline } from "./runtimes.ts";

const project = useRuntimes();

beforeAll(() => writeColorPipeline(project));

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
