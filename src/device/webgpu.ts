import { DeviceError, LimitError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { adapterName, isSoftware } from "./adapter.ts";
import { BaseDevice, type Range, type Timed } from "./base.ts";
import { BufferPool, poolSize } from "./bufferPool.ts";
import type {
  CopiedPicture,
  Data,
  DeviceInfo,
  DeviceLimits,
  Dispatch,
  Drawable,
  Storage,
  WrappedBuffer,
} from "./device.ts";
import { BufferUsage, MapMode, TextureUsage } from "./flags.ts";
import { GpuClock } from "./gpuClock.ts";
import type { Kernel } from "../kernel.ts";
import { Pipelines } from "./pipelines.ts";

/**
 * The distance between the uniform blocks of two dispatches, which is WebGPU's default minUniformBufferOffsetAlignment.
 */
const uniformStride = 256;
/** The number of dispatches that are recorded before they are submitted. */
const batchSize = 256;
/**
 * A submission carries about as much work as takes 100 ms, so that drivers do not take the GPU for one that hangs, and others get
 * their turn; so many operations before it is known how fast it is.
 */
const [submissionMilliseconds, submissionOperations] = [100, 10e9];
/** What a kernel that does not tell its operations is taken to do for each byte of its arguments. */
const operationsPerByte = 2;
const largestGroupCount = 65535;
/** The most bytes of small writes that are recorded before they are submitted. */
const uploadBytes = 2 ** 18;
/** A buffer to read from that has more bytes is destroyed after use: weights are read once in a while. */
const mostStaging = 2 ** 25;
/** A write of more bytes than this is one of its own. */
const smallWrite = 2 ** 14;
/** The bytes of a row of a texture that is copied to a buffer are a multiple of this. */
const textureRowBytes = 256;
const usage = BufferUsage.storage | BufferUsage.copySource | BufferUsage.copyDestination;

/** An adapter's own limits are larger, mostly; of which adapter a GPUDevice is, it does not tell. */
const raise =
  "request the GPUDevice by requestDevice(adapter), which asks for all that the adapter has of maxBufferSize, maxStorageBufferBindingSize and the rest of wantedLimits";

const bytesOf = (storages: readonly Storage[]): number => storages.reduce((sum, { bytes }) => sum + bytes, 0);

/** A whole number of quads, as kernels read them, as far as the buffer goes. */
const bindingSize = ({ size }: GPUBuffer, offset: number, bytes: number): number =>
  Math.min(Math.ceil(bytes / 16) * 16, size - offset);

function subgroupSizeOf(features: GPUSupportedFeatures, info: GPUAdapterInfo): number | undefined {
  const { subgroupMinSize, subgroupMaxSize } = info;
  return features.has("subgroups") && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : undefined;
}

/**
 * Information used where the device does not describe its adapter (Safari 26.0, for example) and the caller did not
 * pass it either.
 */
const unknownAdapter = { vendor: "", architecture: "", device: "", description: "" } as GPUAdapterInfo;

/** Options of a device on a GPUDevice. */
export interface WebGpuOptions {
  /** Whether the GPUDevice is destroyed when this device is disposed of. */
  readonly owned: boolean;
  /** The adapter's description, for GPUDevices that do not carry one. */
  readonly adapter?: GPUAdapterInfo;
  /** The model's name, where it is known better than `adapter` tells it. */
  readonly model?: string;
  readonly bindingBytes?: number;
  readonly fallbacks?: readonly string[];
}

/** Runs kernels on a GPUDevice. */
export class WebGpuDevice extends BaseDevice {
  readonly kind = "webgpu";
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  readonly gpu: GPUDevice;
  readonly #owned: boolean;
  readonly #pipelines: Pipelines;
  readonly #pool = new BufferPool();
  /** Buffers that are read from. */
  readonly #staging = new BufferPool();
  readonly #sizes = new Map<GPUBuffer, number>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #ids = new WeakMap<GPUBuffer, number>();
  /** For each wrapped buffer of a caller, the number of tensors whose memory it is. */
  readonly #wrapped = new Map<GPUBuffer, number>();
  #nextId = 0;
  readonly #uniforms: GPUBuffer;
  readonly #uniformData = new ArrayBuffer(uniformStride * batchSize);
  /** Small writes that were recorded, one behind the other, made at the first of them. */
  #uploads: GPUBuffer | undefined;
  readonly #uploadData = new Uint8Array(uploadBytes);
  #uploaded = 0;
  /** Commands that wait for pipelines which are being compiled, and all that came after. */
  #deferred: (() => void)[] = [];
  /** Operations that were recorded. */
  #work = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #batch: string[] = [];
  #pending: Promise<void>[] = [];
  #lost: DeviceError | undefined;
  readonly #clock: GpuClock | undefined;

  constructor(gpu: GPUDevice, options: WebGpuOptions) {
    super();
    this.gpu = gpu;
    this.#owned = options.owned;
    this.#pipelines = new Pipelines(gpu);
    const info = (gpu.adapterInfo as GPUAdapterInfo | undefined) ?? options.adapter ?? unknownAdapter;
    this.info = {
      name: adapterName(info),
      hardware: !isSoftware(info),
      threads: 1,
      worker: false,
      variant: info.architecture || "webgpu",
      vendor: info.vendor,
      model: options.model ?? info.device,
      subgroupSize: subgroupSizeOf(gpu.features, info),
      fallbacks: options.fallbacks ?? [],
    };
    this.limits = {
      bindingBytes: Math.min(options.bindingBytes ?? Infinity, gpu.limits.maxStorageBufferBindingSize),
      bufferBytes: gpu.limits.maxBufferSize,
      alignment: gpu.limits.minStorageBufferOffsetAlignment,
      operations: 50e9,
      ...(!options.owned && { raise }),
    };
    this.#clock = gpu.features.has("timestamp-query") ? new GpuClock(gpu, batchSize) : undefined;
    this.#uniforms = gpu.createBuffer({
      label: "params",
      size: uniformStride * batchSize,
      usage: BufferUsage.uniform | BufferUsage.copyDestination,
    });
    void gpu.lost.then(({ reason, message }) => {
      if (this.disposed) return;
      this.#lost = new DeviceError({
        where: "webgpu",
        expected: "a live device",
        got: `it was lost (${reason}): ${message}`,
        remedy: "call open() again and rebuild tensors",
      });
    });
  }

  protected take(bytes: number): { storage: Storage; size: number } {
    const size = Math.min(poolSize(bytes), Math.max(bytes, this.limits.bufferBytes));
    if (size > this.limits.bufferBytes) {
      throw new LimitError({
        where: "webgpu",
        expected: `buffers of at most ${this.limits.bufferBytes} bytes`,
        got: `${bytes} bytes`,
        remedy: this.limits.raise ?? "use a smaller image or fewer channels, or the WASM device",
      });
    }
    const gpu = this.#pool.take(size) ?? this.#create(size);
    return { storage: { handle: gpu, offset: 0, bytes }, size };
  }

  #create(size: number): GPUBuffer {
    this.gpu.pushErrorScope("out-of-memory");
    const gpu = this.gpu.createBuffer({ size, usage });
    this.#sizes.set(gpu, size);
    this.#expect(this.gpu.popErrorScope(), `a buffer of ${size} bytes`);
    return gpu;
  }

  protected give(storage: Storage): number {
    const gpu = storage.handle as GPUBuffer;
    const size = this.#sizes.get(gpu)!;
    this.#pool.give(size, gpu);
    this.#destroy(this.#pool.surplus());
    return size;
  }

  /** Queued commands may still use these buffers, so they are submitted first. A submitted buffer may be destroyed at once. */
  #destroy(buffers: readonly GPUBuffer[]): void {
    if (buffers.length > 0) this.#submit();
    for (const buffer of buffers) {
      this.#sizes.delete(buffer);
      buffer.destroy();
    }
  }

  protected get idleBytes(): number {
    return this.#pool.idleBytes + this.#staging.idleBytes;
  }

  write(storage: Storage, data: Data): void {
    this.checkOpen();
    const { handle, offset } = storage as { handle: GPUBuffer; offset: number };
    // Who has the data may change them before they are written.
    if (this.#deferred.length === 0) this.#write(handle, offset, data);
    else this.#deferred.push(this.#write.bind(this, handle, offset, data.slice()));
  }

  #write(handle: GPUBuffer, offset: number, data: Data): void {
    if (this.#encoder && data.byteLength <= smallWrite) {
      this.#upload(handle, offset, data);
      return;
    }
    this.#submit();
    this.gpu.queue.writeBuffer(handle, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Records a command, behind those that wait. */
  #record(command: () => void): void {
    if (this.#deferred.length === 0) command();
    else this.#deferred.push(command);
  }

  /** Records a small write among the commands, so that those before it need not be submitted by themselves. */
  #upload(handle: GPUBuffer, offset: number, data: Data): void {
    if (this.#uploaded + data.byteLength > uploadBytes) this.#submit();
    this.#uploads ??= this.gpu.createBuffer({
      label: "uploads",
      size: uploadBytes,
      usage: BufferUsage.copySource | BufferUsage.copyDestination,
    });
    this.#uploadData.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), this.#uploaded);
    this.#commands().copyBufferToBuffer(this.#uploads, this.#uploaded, handle, offset, data.byteLength);
    this.#uploaded += data.byteLength;
  }

  async read(storage: Storage): Promise<ArrayBuffer> {
    this.checkOpen();
    const size = Math.ceil(storage.bytes / 4) * 4;
    const room = poolSize(size);
    const staging = this.#staging.take(room) ?? this.#createStaging(room);
    let kept = false;
    try {
      const { handle, offset } = storage as { handle: GPUBuffer; offset: number };
      this.#record(() => this.#commands().copyBufferToBuffer(handle, offset, staging, 0, size));
      // Mapping waits for what is submitted, so that nothing else has to: each wait takes 12 ms in Deno.
      const refusal = await this.#finish(() =>
        staging.mapAsync(MapMode.read).then(
          () => undefined,
          (cause: unknown) => ({ cause }),
        ),
      );
      if (refusal) {
        throw new DeviceError(
          { where: "webgpu", expected: "to read back a buffer", got: String(refusal.cause) },
          { cause: refusal.cause },
        );
      }
      const bytes = staging.getMappedRange(0, size).slice(0, storage.bytes);
      staging.unmap();
      kept = true;
      return bytes;
    } finally {
      // What could not be mapped, or is of a device that has ended, is of no use any more.
      if (kept && room <= mostStaging && !this.disposed) this.#staging.give(room, staging);
      else staging.destroy();
    }
  }

  #createStaging(size: number): GPUBuffer {
    return this.gpu.createBuffer({ label: "read", size, usage: BufferUsage.mapRead | BufferUsage.copyDestination });
  }

  copy(from: Storage, to: Storage): void {
    this.checkOpen();
    const [source, target] = [from.handle, to.handle] as [GPUBuffer, GPUBuffer];
    this.#record(() => this.#commands().copyBufferToBuffer(source, from.offset, target, to.offset, from.bytes));
  }

  clear({ handle, offset, bytes }: Storage): void {
    this.checkOpen();
    this.#record(() => this.#commands().clearBuffer(handle as GPUBuffer, offset, Math.ceil(bytes / 4) * 4));
  }

  override copyPicture(picture: Drawable, width: number, height: number): CopiedPicture | undefined {
    this.checkOpen();
    const { queue, limits } = this.gpu;
    if (Math.max(width, height) > limits.maxTextureDimension2D) return undefined;
    const size = [width, height];
    const { copySource, copyDestination, renderAttachment } = TextureUsage;
    const usage = copySource | copyDestination | renderAttachment;
    const texture = this.gpu.createTexture({ label: "picture", format: "rgba8unorm", size, usage });
    try {
      this.gpu.pushErrorScope("validation");
      try {
        // The defaults: colors as sRGB, not premultiplied, and the first row on top.
        queue.copyExternalImageToTexture({ source: picture }, { texture }, size);
      } catch {
        // Pictures of another origin and kinds that this host does not know. Both are told by who reads them otherwise.
        void this.gpu.popErrorScope().catch(() => {});
        return undefined;
      }
      this.#expect(this.gpu.popErrorScope(), "a picture");
      const rowBytes = Math.ceil((width * 4) / textureRowBytes) * textureRowBytes;
      const storage = this.allocate(rowBytes * height);
      const { handle, offset } = storage;
      const into = { buffer: handle as GPUBuffer, offset, bytesPerRow: rowBytes };
      if (this.#deferred.length > 0) this.#submit();
      this.#commands().copyTextureToBuffer({ texture }, into, size);
      this.#submit();
      return { storage, rowBytes };
    } finally {
      // What was submitted with it still runs.
      texture.destroy();
    }
  }

  protected owns({ handle }: Storage): boolean {
    return this.#sizes.has(handle as GPUBuffer) || this.#wrapped.has(handle as GPUBuffer);
  }

  override prepare(kernel: Kernel<object>, constants: Readonly<Record<string, number>>): void {
    super.prepare(kernel, constants);
    this.#pipelines.ready(
      kernel,
      kernel.constants.map(({ argument }) => constants[argument]!),
    );
  }

  protected dispatch(dispatch: Dispatch, storages: readonly Storage[], _: Range, timed?: Timed): void {
    const { kernel, args } = dispatch;
    const constants = kernel.constants.map(({ argument }) => args[argument] as number);
    const ready = this.#pipelines.ready(kernel, constants);
    if (ready && this.#deferred.length === 0) this.#encode(dispatch, constants, storages, timed);
    else this.#deferred.push(this.#encode.bind(this, { ...dispatch, args: { ...args } }, constants, storages, timed));
  }

  #encode(
    { kernel, count, args }: Dispatch,
    constants: readonly number[],
    storages: readonly Storage[],
    timed?: Timed,
  ): void {
    const work = kernel.operations?.(args) ?? bytesOf(storages) * operationsPerByte;
    const most = this.pace === undefined ? submissionOperations : this.pace * submissionMilliseconds;
    if (this.#batch.length === batchSize || (this.#work > 0 && this.#work + work > most)) this.#submit();
    this.#work += work;
    const { pipeline, layout } = this.#pipelines.get(kernel, constants);
    const slot = this.#batch.length * uniformStride;
    const view = new DataView(this.#uniformData, slot, uniformStride);
    for (const [index, { name, type }] of kernel.params.entries()) {
      view[type === "f32" ? "setFloat32" : "setUint32"](4 * index, args[name] as number, true);
    }
    const writes = timed && this.#clock?.next(timed);
    if (writes) this.#commands();
    this.#encoder ??= this.gpu.createCommandEncoder({ label: "crf-rnn" });
    this.#pass ??= this.#encoder.beginComputePass({ label: kernel.id, ...(writes && { timestampWrites: writes }) });
    const pass = this.#pass;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#bindGroup(kernel.id, layout, storages), [slot]);
    const groups = kernel.unit === "workgroup" ? count : Math.ceil(count / kernel.workgroupSize);
    const rows = Math.ceil(groups / largestGroupCount);
    pass.dispatchWorkgroups(Math.ceil(groups / rows), rows);
    if (writes) this.#commands();
    this.#batch.push(kernel.id);
  }

  #bindGroup(label: string, layout: GPUBindGroupLayout, storages: readonly Storage[]): GPUBindGroup {
    const key = [
      label,
      ...storages.map(({ handle, offset, bytes }) => `${this.#id(handle as GPUBuffer)}:${offset}:${bytes}`),
    ].join(" ");
    let group = this.#bindGroups.get(key);
    if (!group) {
      // Without this, bind groups of buffers that were destroyed long ago would accumulate in a training loop.
      if (this.#bindGroups.size > 4096) this.#bindGroups.clear();
      this.gpu.pushErrorScope("validation");
      group = this.gpu.createBindGroup({
        label,
        layout,
        entries: [
          { binding: 0, resource: { buffer: this.#uniforms, size: uniformStride } },
          ...storages.map(({ handle, offset, bytes }, index) => ({
            binding: index + 1,
            // Buffers of a caller need not be a multiple of 16 bytes long.
            resource: { buffer: handle as GPUBuffer, offset, size: bindingSize(handle as GPUBuffer, offset, bytes) },
          })),
        ],
      });
      this.#expect(this.gpu.popErrorScope(), label);
      this.#bindGroups.set(key, group);
    }
    return group;
  }

  #id(buffer: GPUBuffer): number {
    let id = this.#ids.get(buffer);
    if (id === undefined) this.#ids.set(buffer, (id = this.#nextId++));
    return id;
  }

  /** Returns the encoder, outside of any pass. */
  #commands(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    return (this.#encoder ??= this.gpu.createCommandEncoder({ label: "crf-rnn" }));
  }

  /** Submits all that was recorded. Pipelines that are still being compiled are compiled now. */
  #submit(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const command of deferred) command();
    if (!this.#encoder) return;
    this.#pass?.end();
    const kernels = [...new Set(this.#batch)].join(", ");
    this.gpu.pushErrorScope("out-of-memory");
    this.gpu.pushErrorScope("validation");
    // The queue keeps order: this write lands behind earlier submissions and before this one.
    if (this.#batch.length > 0)
      this.gpu.queue.writeBuffer(this.#uniforms, 0, this.#uniformData, 0, this.#batch.length * uniformStride);
    if (this.#uploaded > 0) this.gpu.queue.writeBuffer(this.#uploads!, 0, this.#uploadData, 0, this.#uploaded);
    const timing = this.#clock?.resolve(this.#encoder);
    this.gpu.queue.submit([this.#encoder.finish()]);
    if (timing) this.#await(timing());
    this.#expect(this.gpu.popErrorScope(), kernels);
    this.#expect(this.gpu.popErrorScope(), kernels);
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#batch = [];
    this.#uploaded = 0;
    this.#work = 0;
  }

  #expect(scope: Promise<GPUError | null>, kernel: string): void {
    const checked = scope.then((error) => {
      if (!error) return;
      const memory = error.constructor.name === "GPUOutOfMemoryError";
      // What is kept may be what is missing.
      if (memory && !this.disposed) this.#destroy(this.#pool.all());
      throw new DeviceError({
        where: kernel || "webgpu",
        kernel,
        expected: memory ? "memory for it on the device" : "commands that WebGPU accepts",
        got: error.message,
        remedy: memory
          ? "dispose tensors that are no longer needed, or use a smaller image"
          : "report this adapter and message",
      });
    });
    this.#await(checked);
  }

  /** The error is kept until the next finish(), which reports it. */
  #await(work: Promise<void>): void {
    work.catch(() => {});
    this.#pending.push(work);
  }

  async finish(): Promise<void> {
    await this.#finish(() => this.gpu.queue.onSubmittedWorkDone().catch(() => {}));
  }

  /** Submits, and resolves to what `wait`, which never rejects, says when the GPU has done it. @throws what went wrong */
  async #finish<Result>(wait: () => Promise<Result>): Promise<Result> {
    this.checkOpen();
    if (this.#lost) throw this.#lost;
    if (this.#deferred.length > 0) {
      await this.#pipelines.compiled();
      this.checkOpen();
      if (this.#lost) throw this.#lost;
    }
    this.#submit();
    this.#destroy(this.#pool.turn());
    for (const buffer of this.#staging.turn()) buffer.destroy();
    const pending = this.#pending;
    this.#pending = [];
    const done = wait();
    await this.#pipelines.check();
    await Promise.all(pending);
    const result = await done;
    this.checkOpen();
    if (this.#lost) throw this.#lost;
    return result;
  }

  protected wrap(where: string, { buffer }: WrappedBuffer, bytes: number, use: "tensor" | "read"): Storage {
    const needed = use === "tensor" ? usage : BufferUsage.storage;
    if (buffer.size < bytes || (buffer.usage & needed) !== needed) {
      const [rows, usages, remedy] =
        use === "tensor"
          ? [
              " (rows padded to four)",
              "STORAGE, COPY_SRC and COPY_DST",
              "pad the last axis to a multiple of four with zeros",
            ]
          : ["", "STORAGE", "tell the shape and the type of what the buffer holds"];
      throw new DeviceError({
        where,
        expected: `a GPUBuffer of ${bytes} bytes${rows} with ${usages}`,
        got: `${buffer.size} bytes, usage ${buffer.usage}`,
        remedy,
      });
    }
    this.#wrapped.set(buffer, (this.#wrapped.get(buffer) ?? 0) + 1);
    return { handle: buffer, offset: 0, bytes };
  }

  protected unwrap({ handle }: Storage, release?: () => void): void {
    const buffer = handle as GPUBuffer;
    const uses = this.#wrapped.get(buffer)! - 1;
    if (uses > 0) this.#wrapped.set(buffer, uses);
    else this.#wrapped.delete(buffer);
    // The caller may destroy what is submitted, but not what is only recorded.
    this.#submit();
    if (release) void this.gpu.queue.onSubmittedWorkDone().then(release, release);
  }

  protected buffer({ storage }: Tensor): GPUBuffer {
    this.#submit();
    return storage.handle as GPUBuffer;
  }

  protected close(): void {
    if (this.#wrapped.size > 0) this.#submit();
    for (const buffer of this.#sizes.keys()) buffer.destroy();
    for (const buffer of this.#staging.all()) buffer.destroy();
    this.#uniforms.destroy();
    this.#uploads?.destroy();
    this.#clock?.dispose();
    if (this.#owned) this.gpu.destroy();
  }
}
