/** Stands in for a GPUDevice: notes everything that is asked of it, in order, and computes nothing. */

type Call = readonly unknown[];

/** A buffer by the order in which it was made, `#0`. */
export interface StandInBuffer {
  readonly name: string;
  readonly size: number;
  readonly usage: number;
}

export interface StandInOptions {
  readonly features?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly adapterInfo?: object;
}

export class StandInGpu {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  readonly adapterInfo: object | undefined;
  /** Calls `lose` to be lost. */
  readonly lost: Promise<{ reason: string; message: string }>;
  lose!: (reason: string, message: string) => void;
  /** What the next error scopes that end have caught. */
  readonly errors: object[] = [];
  /** The bytes of every buffer when it is mapped. */
  contents = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  /** Called when a buffer is mapped; may throw. */
  mapping: () => void = () => {};
  /** Called when a picture is copied to a texture; may throw. */
  drawing: () => void = () => {};
  readonly #calls: Call[] = [];
  #buffers = 0;

  constructor({ features = [], limits = {}, adapterInfo }: StandInOptions = {}) {
    this.features = new Set(features);
    this.limits = {
      maxStorageBufferBindingSize: 4096,
      maxBufferSize: 2 ** 20,
      maxTextureDimension2D: 128,
      minStorageBufferOffsetAlignment: 32,
      ...limits,
    };
    this.adapterInfo = adapterInfo;
    this.lost = new Promise((resolve) => (this.lose = (reason, message) => resolve({ reason, message })));
  }

  /** What was asked for since the last call of this. */
  calls(): Call[] {
    return this.#calls.splice(0);
  }

  readonly #note = (...call: unknown[]): void => void this.#calls.push(call);

  pushErrorScope = (filter: string): void => this.#note("pushErrorScope", filter);
  popErrorScope = async (): Promise<object | null> => {
    this.#note("popErrorScope");
    return this.errors.shift() ?? null;
  };

  createBuffer({ label, size, usage }: GPUBufferDescriptor): StandInBuffer {
    const name = label ?? `#${this.#buffers++}`;
    this.#note("createBuffer", name, size, usage);
    return Object.assign(
      { name, size, usage, mapState: "unmapped" },
      {
        destroy: () => this.#note("destroy", name),
        mapAsync: async (mode: number) => {
          this.#note("mapAsync", name, mode);
          this.mapping();
        },
        getMappedRange: (_ = 0, bytes = this.contents.length) => this.contents.slice(0, bytes).buffer,
        unmap: () => this.#note("unmap", name),
      },
    );
  }

  createTexture({ label, format, size, usage }: GPUTextureDescriptor): object {
    this.#note("createTexture", label, format, size, usage);
    return { name: label, destroy: () => this.#note("destroy", label) };
  }

  createBindGroupLayout = ({ label }: GPUObjectDescriptorBase): object => ({ layout: label });
  createPipelineLayout = (): object => ({});
  createShaderModule = ({ label }: GPUObjectDescriptorBase): object => {
    this.#note("createShaderModule", label);
    return {};
  };
  createComputePipeline = ({ label }: GPUObjectDescriptorBase): object => ({ pipeline: label });

  createBindGroup({ label, entries }: GPUBindGroupDescriptor): object {
    const bound = [...entries].map(({ binding, resource }) => {
      const { buffer, offset, size } = resource as { buffer: unknown; offset?: number; size?: number };
      return [binding, (buffer as StandInBuffer).name, offset, size];
    });
    this.#note("createBindGroup", label, ...bound);
    return { group: label };
  }

  createCommandEncoder({ label }: GPUObjectDescriptorBase): object {
    this.#note("createCommandEncoder", label);
    const name = (buffer: GPUBuffer): string => (buffer as unknown as StandInBuffer).name;
    return {
      beginComputePass: ({ label, timestampWrites }: GPUComputePassDescriptor) => {
        this.#note("beginComputePass", label, ...(timestampWrites ? ["timed"] : []));
        return {
          setPipeline: ({ pipeline }: { pipeline: string }) => this.#note("setPipeline", pipeline),
          setBindGroup: (index: number, { group }: { group: string }, offsets: number[]) =>
            this.#note("setBindGroup", index, group, ...offsets),
          dispatchWorkgroups: (...counts: number[]) => this.#note("dispatchWorkgroups", ...counts),
          end: () => this.#note("end"),
        };
      },
      copyBufferToBuffer: (from: GPUBuffer, start: number, to: GPUBuffer, offset: number, bytes: number) =>
        this.#note("copyBufferToBuffer", name(from), start, name(to), offset, bytes),
      copyTextureToBuffer: (_: object, { buffer, offset, bytesPerRow }: GPUTexelCopyBufferInfo, size: number[]) =>
        this.#note("copyTextureToBuffer", name(buffer), offset, bytesPerRow, size),
      clearBuffer: (buffer: GPUBuffer, offset: number, bytes: number) =>
        this.#note("clearBuffer", name(buffer), offset, bytes),
      resolveQuerySet: () => this.#note("resolveQuerySet"),
      finish: () => ({}),
    };
  }

  createQuerySet(): object {
    return { destroy: () => this.#note("destroy", "queries") };
  }

  readonly queue = {
    writeBuffer: (buffer: StandInBuffer, offset: number, data: ArrayBuffer, from: number, bytes: number) =>
      this.#note("writeBuffer", buffer.name, offset, [...new Uint8Array(data.slice(from, from + bytes))]),
    copyExternalImageToTexture: ({ source }: { source: unknown }, { texture }: { texture: object }, size: number[]) => {
      this.#note("copyExternalImageToTexture", source, (texture as { name: string }).name, size);
      this.drawing();
    },
    submit: (commands: readonly object[]) => this.#note("submit", commands.length),
    onSubmittedWorkDone: async () => this.#note("onSubmittedWorkDone"),
  };

  destroy = (): void => this.#note("destroy", "device");
}
