import type { AdapterModel } from "./adapters.ts";

/** What was asked of a recording GPUDevice since it was last reset. */
export interface Tally {
  submissions: number;
  /** Buffers that were made, and their bytes. */
  buffers: number;
  madeBytes: number;
  bindGroups: number;
  pipelines: number;
  passes: number;
  /** Writes to buffers by the queue, and their bytes. */
  writes: number;
  writtenBytes: number;
  /** Copies from buffer to buffer, and fills with zeros. */
  copies: number;
  /** How often the host waits for the GPU: buffers that are mapped, and ends of the queue that are awaited. */
  roundTrips: number;
}

const nothing: Tally = {
  submissions: 0,
  buffers: 0,
  madeBytes: 0,
  bindGroups: 0,
  pipelines: 0,
  passes: 0,
  writes: 0,
  writtenBytes: 0,
  copies: 0,
  roundTrips: 0,
};

/** Limits that differ from WebGPU's defaults on a recording device. */
export interface RecordedLimits {
  readonly bindingBytes: number;
  readonly bufferBytes: number;
}

/** WebGPU's default limits, as far as the library looks at them. */
const defaultLimits = {
  maxBindGroups: 4,
  maxBufferSize: 2 ** 28,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxTextureDimension2D: 8192,
  minStorageBufferOffsetAlignment: 256,
  minUniformBufferOffsetAlignment: 256,
};

/** Features that a library may not rely on to be absent are absent: no clock, so that nothing is measured by it. */
const features: ReadonlySet<string> = new Set();

/**
 * A GPUDevice that computes nothing and counts what is asked of it, in place of the named adapter's. Buffers take no
 * memory; what is read back is zeros. It is handed to `open({ gpu })` as any other.
 */
export class Recorder {
  readonly gpu: GPUDevice;
  /** Is called at each submission. */
  onSubmit: () => void = () => {};
  /** How long it takes to say that nothing is left to do. */
  idleMilliseconds = 0;
  readonly #tally: Tally = { ...nothing };
  #liveBytes = 0;
  #peakBytes = 0;

  constructor({ info }: AdapterModel, { bindingBytes, bufferBytes }: RecordedLimits) {
    const limits = { ...defaultLimits, maxStorageBufferBindingSize: bindingBytes, maxBufferSize: bufferBytes };
    this.gpu = this.#device(info, limits) as unknown as GPUDevice;
  }

  /** What was asked for since the last reset. */
  get tally(): Readonly<Tally> {
    return { ...this.#tally };
  }

  /** The most bytes of buffers that were alive at once, idle ones included. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  reset(): void {
    Object.assign(this.#tally, nothing);
    this.#peakBytes = this.#liveBytes;
  }

  #device(adapterInfo: AdapterModel["info"], limits: typeof defaultLimits): object {
    const tally = this.#tally;
    const pipeline = (): object => {
      tally.pipelines++;
      return { getBindGroupLayout: () => ({}) };
    };
    return {
      label: "recorder",
      features,
      limits,
      adapterInfo,
      lost: new Promise(() => {}),
      queue: this.#queue(),
      createBuffer: (descriptor: GPUBufferDescriptor) => this.#buffer(descriptor),
      createTexture: () => ({ destroy: () => {}, createView: () => ({}) }),
      createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
      createBindGroupLayout: () => ({}),
      createPipelineLayout: () => ({}),
      createComputePipeline: pipeline,
      // None that is compiled beside others: what waits for it is submitted after it is observed, which a plan would count wrongly.
      createBindGroup: () => {
        tally.bindGroups++;
        return {};
      },
      createQuerySet: () => ({ destroy: () => {} }),
      createCommandEncoder: () => this.#encoder(),
      pushErrorScope: () => {},
      popErrorScope: async () => null,
      addEventListener: () => {},
      removeEventListener: () => {},
      destroy: () => {},
    };
  }

  #queue(): object {
    const tally = this.#tally;
    return {
      submit: () => {
        tally.submissions++;
        this.onSubmit();
      },
      writeBuffer: (_: unknown, _offset: number, data: ArrayBufferView | ArrayBuffer, _at = 0, size?: number) => {
        tally.writes++;
        tally.writtenBytes += size ?? data.byteLength;
      },
      writeTexture: () => void tally.writes++,
      copyExternalImageToTexture: () => void tally.writes++,
      onSubmittedWorkDone: async () => {
        tally.roundTrips++;
        if (this.idleMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, this.idleMilliseconds));
      },
    };
  }

  #buffer({ size, usage, mappedAtCreation = false }: GPUBufferDescriptor): object {
    const tally = this.#tally;
    tally.buffers++;
    tally.madeBytes += size;
    this.#liveBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes);
    let live = true;
    let mapped = mappedAtCreation;
    return {
      size,
      usage,
      get mapState() {
        return mapped ? "mapped" : "unmapped";
      },
      mapAsync: async () => {
        tally.roundTrips++;
        mapped = true;
      },
      getMappedRange: (offset = 0, bytes = size - offset) => new ArrayBuffer(bytes),
      unmap: () => void (mapped = false),
      destroy: () => {
        if (live) this.#liveBytes -= size;
        live = false;
      },
    };
  }

  #encoder(): object {
    const tally = this.#tally;
    const copy = (): void => void tally.copies++;
    return {
      beginComputePass: () => {
        tally.passes++;
        return {
          setPipeline: () => {},
          setBindGroup: () => {},
          dispatchWorkgroups: () => {},
          end: () => {},
        };
      },
      copyBufferToBuffer: copy,
      copyTextureToBuffer: copy,
      clearBuffer: copy,
      resolveQuerySet: () => {},
      finish: () => ({}),
    };
  }
}
