import { ShaderError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { ShaderStage } from "./flags.ts";

/** A kernel made ready for one set of specialized constants. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const keyOf = ({ id }: { readonly id: string }, constants: readonly number[]): string => [id, ...constants].join(" ");

/** What was compiled without an error, by its key and code: all devices on one GPUDevice take it from there. */
const compiled = new WeakMap<GPUDevice, Map<string, Pipeline>>();

/** Compiles kernels once for each set of specialized constants. */
export class Pipelines {
  readonly #gpu: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #compiled: Map<string, Pipeline>;
  /** Pipelines that are compiled beside whatever else is done. */
  readonly #ahead = new Map<string, Promise<void>>();
  /** Compilations whose messages have not been checked yet. */
  #pending: Promise<void>[] = [];

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu;
    this.#compiled = compiled.get(gpu) ?? new Map<string, Pipeline>();
    compiled.set(gpu, this.#compiled);
  }

  /** Tells whether a pipeline is there. If not, it begins to be compiled, at once with others, where the host does that. */
  ready<Arguments>(kernel: Kernel<Arguments>, constants: readonly number[]): boolean {
    const key = keyOf(kernel, constants);
    const together = typeof (this.#gpu as Partial<GPUDevice>).createComputePipelineAsync === "function";
    if (!together || this.#find(key, kernel)) return true;
    if (!this.#ahead.has(key)) this.#ahead.set(key, this.#begin(key, kernel, constants));
    return false;
  }

  /** Resolves when what has begun is compiled. What the compiler rejected is told when it is used. */
  async compiled(): Promise<void> {
    await Promise.all(this.#ahead.values());
  }

  async #begin<Arguments>(key: string, kernel: Kernel<Arguments>, constants: readonly number[]): Promise<void> {
    const gpu = this.#gpu;
    gpu.pushErrorScope("validation");
    const { layout, descriptor } = this.#describe(kernel, constants);
    const compiling = gpu.createComputePipelineAsync(descriptor);
    gpu.popErrorScope().catch(() => {});
    const pipeline = await compiling.catch(() => undefined);
    this.#ahead.delete(key);
    if (pipeline && !this.#pipelines.has(key)) this.#keep(key, kernel, { pipeline, layout });
  }

  /** What this device has, or another one on its GPUDevice. */
  #find<Arguments>(key: string, { code }: Kernel<Arguments>): Pipeline | undefined {
    const own = this.#pipelines.get(key);
    const found = own ?? this.#compiled.get(key + code);
    if (found && !own) this.#pipelines.set(key, found);
    return found;
  }

  #keep<Arguments>(key: string, { code }: Kernel<Arguments>, made: Pipeline): void {
    this.#pipelines.set(key, made);
    this.#compiled.set(key + code, made);
  }

  /** Compiles a pipeline now, if it is not there. */
  get<Arguments>(kernel: Kernel<Arguments>, constants: readonly number[]): Pipeline {
    const key = keyOf(kernel, constants);
    let made = this.#find(key, kernel);
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
    gpu.pushErrorScope("validation");
    const { layout, descriptor } = this.#describe(kernel, constants);
    const pipeline = gpu.createComputePipeline(descriptor);
    const failed = gpu.popErrorScope();
    const made = { pipeline, layout };
    this.#pending.push(this.#report(key, kernel, made, descriptor.compute.module, failed));
    return made;
  }

  #describe<Arguments>(kernel: Kernel<Arguments>, constants: readonly number[]) {
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
    const module = gpu.createShaderModule({ label: kernel.file, code });
    const descriptor = {
      label: kernel.id,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    };
    return { layout, descriptor };
  }

  async #report<Arguments>(
    key: string,
    kernel: Kernel<Arguments>,
    made: Pipeline,
    module: GPUShaderModule,
    failed: Promise<GPUError | null>,
  ): Promise<void> {
    const error = await failed;
    if (!error) {
      this.#keep(key, kernel, made);
      return;
    }
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
