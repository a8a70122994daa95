import { ShaderError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { ShaderStage } from "./flags.ts";

/** A kernel made ready for one set of specialized constants. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles kernels once for each set of specialized constants. */
export class Pipelines {
  readonly #gpu: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  /** Compilations whose messages have not been checked yet. */
  #pending: Promise<void>[] = [];

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
  }

  get<Arguments>(kernel: Kernel<Arguments>, constants: readonly number[]): Pipeline {
    const key = [kernel.id, ...constants].join(" ");
    let made = this.#pipelines.get(key);
    if (!made) this.#pipelines.set(key, (made = this.#make(key, kernel, constants)));
    return made;
  }

  /** @throws ShaderError for the first kernel that the compiler rejected since the last call. */
  async check(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
  }

  #make<Arguments>(key: string, kernel: Kernel<Arguments>, constants: readonly number[]): Pipeline {
    const gpu = this.#gpu;
    const code = kernel.constants.reduce(
      (text, { name }, index) =>
        text.replace(new RegExp(`^const ${name}: u32 = \\d+u;`, "m"), `const ${name}: u32 = ${constants[index]}u;`),
      kernel.code,
    );
    // Explicit layouts: "auto" drops bindings that a specialization leaves unused.
    const layout = gpu.createBindGroupLayout({
      label: kernel.id,
      entries: [
        { binding: 0, visibility: ShaderStage.compute, buffer: { type: "uniform", hasDynamicOffset: true } },
        ...kernel.bindings.map(({ access }, index) => ({
          binding: index + 1,
          visibility: ShaderStage.compute,
          buffer: { type: access === "read" ? ("read-only-storage" as const) : ("storage" as const) },
        })),
      ],
    });
    gpu.pushErrorScope("validation");
    const module = gpu.createShaderModule({ label: kernel.file, code });
    const pipeline = gpu.createComputePipeline({
      label: kernel.id,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    const failed = gpu.popErrorScope();
    this.#pending.push(this.#report(key, kernel, module, failed));
    return { pipeline, layout };
  }

  async #report<Arguments>(
    key: string,
    kernel: Kernel<Arguments>,
    module: GPUShaderModule,
    failed: Promise<GPUError | null>,
  ): Promise<void> {
    const error = await failed;
    if (!error) return;
    this.#pipelines.delete(key); // deleted, so that the next use compiles again and reports the same error
    const { messages } = await module.getCompilationInfo();
    const first = messages.find(({ type }) => type === "error");
    throw new ShaderError({
      where: `${kernel.file}:${first?.lineNum ?? 0}`,
      kernel: kernel.id,
      file: kernel.file,
      line: first?.lineNum ?? 0,
      expected: "WGSL that this device compiles",
      got: first?.message ?? error.message,
      remedy: "report this adapter and message, and open the WASM device meanwhile",
    });
  }
}
