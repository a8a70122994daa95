import type { Kernel } from "../kernel.ts";
import type { Labels } from "../labels.ts";
import type { Layout } from "../layout.ts";
import type { Scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import type { Warnings } from "../warnings.ts";

/**
 * A range of device memory. On WebGPU `handle` is the GPUBuffer. On WASM `handle` is unused and `offset` is the
 * address.
 */
export interface Storage {
  readonly handle: unknown;
  /** Bytes from the start of `handle` (WebGPU) or of the linear memory (WASM). */
  readonly offset: number;
  readonly bytes: number;
  /**
   * The tensor that owns the memory. The reference keeps the tensor from being collected while somebody has the
   * storage.
   */
  readonly owner?: object;
}

/** The numeric types a tensor or buffer can be read and written as. */
export type Data = Float32Array | Uint32Array | Int32Array | Uint8Array;

export interface DeviceLimits {
  /** The most bytes one kernel argument may span. */
  readonly bindingBytes: number;
  /** The most bytes one allocation may span. */
  readonly bufferBytes: number;
  /** A view that is bound begins at a multiple of this many bytes. */
  readonly alignment: number;
  /**
   * The most floating-point operations that one dispatch should take: two seconds of a GPU that computes 25 in a nanosecond, after which
   * drivers give it up. Larger convolutions are computed in several dispatches.
   */
  readonly operations: number;
  /** What errors advise where a caller's own GPUDevice may have been requested with less than its adapter has. */
  readonly raise?: string;
}

/** Facts about the device for reports. */
export interface DeviceInfo {
  /** The name that the adapter or engine gives itself, e.g. `llvmpipe (LLVM 19.1.7, 256 bits)`. */
  readonly name: string;
  /** False for adapters that run on the CPU, and for WASM. */
  readonly hardware: boolean;
  readonly threads: number;
  /** Whether kernels run in a worker, beside the thread that asks for them: see `OpenOptions.worker`. */
  readonly worker: boolean;
  /**
   * The number of invocations in a subgroup. It is undefined where kernels may not use subgroups or where their sizes
   * differ.
   */
  readonly subgroupSize?: number;
  /** On WASM the name of the build in use, e.g. `relaxedShared`. On WebGPU the architecture of the adapter. */
  readonly variant: string;
  /** On WebGPU the adapter's vendor, e.g. `nvidia`, and its model; empty where the host does not tell them. */
  readonly vendor?: string;
  readonly model?: string;
  /**
   * The devices that `open` tried first and could not open, each with the reason. Empty if the first attempt succeeded.
   */
  readonly fallbacks: readonly string[];
}

/** A caller's GPUBuffer that becomes the memory of a tensor without being copied. */
export interface WrappedBuffer {
  readonly buffer: GPUBuffer;
  /** Called once the tensor was disposed of and the GPU has finished what was queued for it. */
  readonly release?: () => void;
}

/** The memory of a tensor while another runtime uses it; see `Device.export`. */
export interface Exported extends Disposable {
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
  /**
   * The number of float32 values from the beginning of one row to that of the next: the channels, padded with zeros to
   * a multiple of four.
   */
  readonly stride: number;
  /** Gives the memory back. Call it after the other runtime has submitted its last use; a second call does nothing. */
  release(): void;
}

/** What a browser can draw. */
export type Drawable =
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame;

/** The pixels of a picture in device memory. */
export interface CopiedPicture {
  readonly storage: Storage;
  /** Bytes from the beginning of a row to that of the next. */
  readonly rowBytes: number;
}

/** One run of a kernel, as observers see it. */
export interface Dispatch {
  readonly kernel: Kernel<object>;
  /** Invocations or workgroups: see `Kernel.unit`. */
  readonly count: number;
  /** Storages by the names of bindings, numbers by those of parameters and constants. */
  readonly args: Readonly<Record<string, Storage | number>>;
}

/** Watches the dispatches of a device: for traces, for measurements, and to find where a number went wrong. */
export interface Observer {
  /** Called before a kernel runs on WASM, or is queued on WebGPU. Kernels that an observer runs are not observed. */
  before?(dispatch: Dispatch): void;
  /** Called after it has run, or is queued. */
  after?(dispatch: Dispatch): void;
  /**
   * Called with the times at which a kernel began and ended, in milliseconds of the device's clock. On WASM it is
   * called right after the kernel. On WebGPU it is called before `finish()` resolves, if the device has timestamp
   * queries; each dispatch is a pass of its own then, which takes longer.
   */
  timed?(dispatch: Dispatch, begin: number, end: number): void;
}

/**
 * A place where kernels run. Both devices offer one way to compute, `run`; an op does not ask where it runs. `run`,
 * `copy` and `clear` are queued in order; errors of a WebGPU device arrive, typed, at the next `read` or `finish`.
 */
export interface Device extends Disposable {
  readonly kind: "webgpu" | "wasm";
  /** The GPUDevice that kernels run on, for other runtimes to share. It is undefined on WASM. */
  readonly gpu?: GPUDevice;
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  /**
   * How many floating-point operations the device computes in a millisecond, once `tune` has measured it. A GPU is given 100 ms of
   * work at a time, and before it is known ten billion operations.
   */
  pace?: number;
  /** Who hears of probable mistakes: the options `onWarning` and `warnings` of `open`. */
  readonly warnings: Warnings;

  /**
   * Makes a float tensor. `data` is dense and row-major; in device memory rows (the last axis) are padded to a multiple
   * of four. Without `data` the contents are zero. A GPUBuffer is wrapped without a copy. It must hold the padded rows,
   * with zeros in the padding, and be made with STORAGE | COPY_SRC | COPY_DST on this device. It stays the caller's,
   * who may destroy it or write to it when `release` is called (or after `finish()`, once the tensor is disposed of).
   * `layout` is `panels` for the weights of a convolution and left out otherwise.
   * @throws ShapeError if `data` and `shape` differ in size, ValueError for data that are no numbers
   */
  tensor(shape: readonly number[], data?: ArrayLike<number> | GPUBuffer | WrappedBuffer, layout?: Layout): Tensor;
  /** Makes a float tensor with undefined contents, for an op that writes all of it, padding included. */
  empty(shape: readonly number[], layout?: Layout): Tensor;
  /**
   * Makes labels for every pixel of an image [h, w] or a batch [b, h, w].
   * @throws ValueError for what is no whole number from 0 to 255, naming the first; ShapeError
   */
  labels(shape: readonly number[], data: ArrayLike<number>): Labels;
  /**
   * Begins a scope. Everything that is made through it, and everything computed from that, is disposed of when it ends.
   */
  scope(): Scope;
  /**
   * Hands the memory of a tensor to another runtime, such as ONNX Runtime or TensorFlow.js, on the same GPUDevice. The
   * memory is not used for anything else until `release()`, whatever becomes of the tensor. Everything that was queued
   * here is submitted before.
   * @throws DeviceError on WASM, DisposedError
   */
  export(tensor: Tensor): Exported;

  /**
   * Runs `work` on a caller's GPUBuffer, which needs the usage STORAGE alone and of which kernels read the first `bytes`.
   * What `work` has queued is submitted before this returns; `release` is called when the GPU has finished it.
   * @throws DeviceError for another buffer, and on WASM
   */
  borrow<Result>(where: string, wrapped: WrappedBuffer, bytes: number, work: (storage: Storage) => Result): Result;

  /**
   * Runs `work`. If it throws, everything that it had made by `tensor` and `empty` is disposed of. `work` must be
   * synchronous, so that what others make never counts as its own.
   */
  attempt<Result>(work: () => Result): Result;

  /** Allocates memory with undefined contents; give it back with `release`. */
  allocate(bytes: number): Storage;
  release(storage: Storage): void;
  /** `own`: nobody else has the data, so that they may be sent away without a copy. Default: false. */
  write(storage: Storage, data: Data, own?: boolean): void;
  /**
   * Moves dense rows of so many channels, no multiple of four, in to rows of whole quads, or out of them, at once; false or undefined where `write` and
   * `read` have to: on WebGPU and with a worker this thread does not have the memory.
   * @throws DisposedError
   */
  moveRows?(storage: Storage, dense: Float32Array, channels: number, out?: boolean): boolean | undefined;
  read(storage: Storage): Promise<ArrayBuffer>;
  copy(from: Storage, to: Storage): void;
  clear(storage: Storage): void;
  /**
   * Copies what the host can draw to memory, four bytes a pixel (red, green, blue, alpha), from the upper left row by
   * row, without reading it back; give the memory back with `release`. Undefined where that cannot be done: on WASM, and
   * for pictures that the adapter does not take.
   */
  copyPicture(picture: Drawable, width: number, height: number): CopiedPicture | undefined;

  /**
   * Begins to compile a kernel for these values of its specialized constants, beside whatever else is done, so that a later `run` finds
   * it ready. It compiles once; on WASM there is nothing to do.
   */
  prepare(kernel: Kernel<object>, constants: Readonly<Record<string, number>>): void;

  /** Queues `kernel`, over as many invocations or workgroups as it declares for these arguments. */
  run<Arguments extends object>(kernel: Kernel<Arguments>, args: Arguments): void;
  /**
   * Does the same with a turn after each piece of it: on WASM a kernel that takes long runs for a few milliseconds at a
   * time. Others may run kernels in between. The bits are the same.
   */
  runInTurns<Arguments extends object>(
    kernel: Kernel<Arguments>,
    args: Arguments,
    turn: () => Promise<void>,
  ): Promise<void>;
  /** Lets an observer watch every dispatch until the returned observation is disposed of. */
  observe(observer: Observer): Disposable;

  /** Resolves when everything queued has run; rejects with what went wrong in it. */
  finish(): Promise<void>;
  /** Bytes allocated now. */
  readonly bytes: number;
  /**
   * The largest number of bytes that were allocated at one time since the device was opened or since the last
   * `resetPeak()`.
   */
  readonly peakBytes: number;
  /**
   * Bytes that the device has taken from the system: those allocated, and what it keeps for what comes. On WebGPU these are
   * buffers that the last steps have used, on WASM the linear memory, which never shrinks.
   */
  readonly reservedBytes: number;
  /** The largest number of `reservedBytes` since the device was opened or since the last `resetPeak()`. */
  readonly peakReservedBytes: number;
  resetPeak(): void;
  dispose(): void;
}

/** Recognizes a GPUBuffer by its properties, because mocks and other bindings of WebGPU use classes of their own. */
export const isBuffer = (value: unknown): value is GPUBuffer =>
  typeof value === "object" && value !== null && "usage" in value && "size" in value && "mapState" in value;

/** Rounds `bytes` up, so that a view that begins behind them can be bound. */
export const alignedBytes = ({ limits }: Device, bytes: number): number =>
  Math.ceil(bytes / limits.alignment) * limits.alignment;

/** The memory with whom it belongs to, who is not collected while somebody has the storage. */
export const ownedBy = ({ handle, offset, bytes }: Storage, owner: object): Storage => ({
  handle,
  offset,
  bytes,
  owner,
});

/**
 * Returns a smaller range within `storage`, in the same memory: `bytes` from `offset` on, counted from the beginning of
 * `storage`.
 */
export function view(storage: Storage, offset: number, bytes: number): Storage {
  return { handle: storage.handle, offset: storage.offset + offset, bytes, owner: storage.owner };
}
