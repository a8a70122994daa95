/** Masks of MediaPipe, of its segmenters of selfies, in Chromium: MediaPipe needs a page. */
import { expect, test } from "vitest";
import type { Findings } from "./programs/mediapipe.ts";
import { useRuntimes } from "./runtimes.ts";

const project = useRuntimes();

test.each([
  ["selfie_multiclass_256x256", "wasm", 6],
  ["selfie_multiclass_256x256", "webgpu", 6],
  ["selfie_segmenter", "wasm", 2],
])("masks of %s come before a CRF on %s", async (model, kind, classes) => {
  const findings = (await project.inPage("mediapipe", `inPage("${kind}", "${model}")`)) as Findings;
  expect(findings).toMatchObject({ kind, shape: [120, 160, classes] });
  expect(findings.difference).toBeLessThan(5e-5);
  expect(findings.sum).toBeLessThan(1e-3);
});
