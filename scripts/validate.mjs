// Compiles every kernel with Dawn's WGSL compiler, Tint, on Dawn's null backend, which needs no GPU and no driver: a kernel that
// no device would take stops the build, with file and line. naga, the other compiler, sees them in Deno's run of the suites.

/**
 * This reference is kept for ever, because the binding crashes at a garbage collection once the object that `create`
 * returns is collected.
 */
let dawn;

/** What every kernel may take for granted: src/device/pipelines.ts makes its layouts likewise. */
const compute = 0x04;

/**
 * Throws for the first kernel that Tint rejects, or whose bindings are not those that were read from it. Where the package webgpu
 * is missing or has no build for this machine, nothing is validated, and false comes back.
 */
export async function validateKernels(kernels) {
  dawn ??= await import("webgpu").then(({ create }) => create(["backend=null"])).catch(() => undefined);
  const adapter = await dawn?.requestAdapter();
  if (!adapter) return false;
  const device = await adapter.requestDevice({ requiredFeatures: ["subgroups"] });
  try {
    // Faults come in error scopes; without a listener Dawn prints what escapes them, which is nothing.
    for (const kernel of kernels) await validate(device, kernel);
  } finally {
    device.destroy();
  }
  return true;
}

async function validate(device, { id, file, code, bindings, workgroupSize }) {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: file, code });
  const { messages } = await module.getCompilationInfo();
  const rejected = messages.find(({ type }) => type === "error");
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: compute, buffer: { type: "uniform", hasDynamicOffset: true } },
      ...bindings.map(({ access }, index) => ({
        binding: index + 1,
        visibility: compute,
        buffer: { type: access === "read" ? "read-only-storage" : "storage" },
      })),
    ],
  });
  if (!rejected) {
    device.createComputePipeline({
      label: id,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
  }
  const error = await device.popErrorScope();
  if (rejected) throw new Error(`${file}:${rejected.lineNum}: ${rejected.message}`);
  if (error) throw new Error(`${file}: ${error.message}`);
  if (workgroupSize > 256)
    throw new Error(`${file}: expected at most 256 invocations a workgroup, got ${workgroupSize}`);
}
