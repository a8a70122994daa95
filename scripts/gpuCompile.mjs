// Makes a pipeline of every kernel that standard input describes (a JSON array of id, code and bindings), as
// src/device/pipelines.ts does, on the one adapter that the environment leaves, and prints before each of them a line
// that begins with @@@, among what the driver prints of its code. bench/gpu/radv.ts reads it.
import { text } from "node:stream/consumers";
import { writeSync } from "node:fs";
import { create } from "webgpu";

const compute = 0x04;
const print = (line) => writeSync(2, `${line}\n`);

/** It is kept for ever, because the binding crashes once it is collected. */
const gpu = (globalThis.gpu = create(["enable-dawn-features=allow_unsafe_apis"]));
const adapter = await gpu.requestAdapter();
if (adapter === null) throw new Error("Dawn finds no adapter");
print(`@@@adapter ${adapter.info.architecture}, ${adapter.info.description}`);
const device = await adapter.requestDevice({
  requiredFeatures: ["subgroups", "shader-f16"].filter((feature) => adapter.features.has(feature)),
});

for (const { id, code, bindings } of JSON.parse(await text(process.stdin))) {
  const entries = [
    { binding: 0, visibility: compute, buffer: { type: "uniform", hasDynamicOffset: true } },
    ...bindings.map(({ access }, index) => ({
      binding: index + 1,
      visibility: compute,
      buffer: { type: access === "read" ? "read-only-storage" : "storage" },
    })),
  ];
  print(`@@@kernel ${id}`);
  device.pushErrorScope("validation");
  const layout = device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] });
  device.createComputePipeline({
    layout,
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
  const error = await device.popErrorScope();
  if (error) print(`@@@error ${error.message.split("\n")[0]}`);
}
// Dawn's own end waits for submissions that never run.
process.exit(0);
