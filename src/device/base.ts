import { DeviceError, DisposedError, InternalError, LimitError, ShapeError, ValueError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { Labels, tallyLabels } from "../labels.ts";
import { type Layout, rows } from "../layout.ts";
import { Scope } from "../scope.ts";
import { checkShape, elementsOf, formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { kindOf, remedyFor, requireNumbers } from "../values.ts";
import { Warnings } from "../warnings.ts";
import {
  type CopiedPicture,
  type Data,
  type Device,
  type DeviceInfo,
  type DeviceLimits,
  type Dispatch,
  type Drawable,
  type Exported,
  isBuffer,
  type Observer,
  type Storage,
  type WrappedBuffer,
} from "./device.ts";

/** The invocations or workgroups of a dispatch. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Called with the times at which a dispatch began and ended: see `Observer.timed`. */
export type Timed = (begin: number, end: number) => void;

/** Implements what both devices have in common: tensors, scopes, and the count of the memory in use. */
export abstract class BaseDevice implements Device {
  abstract readonly kind: "webgpu" | "wasm";
  abstract readonly info: DeviceInfo;
  abstract readonly limits: DeviceLimits;
  pace?: number;
  readonly warnings = new Warnings();
  /** Storages that were allocated and not released yet. */
  readonly #live = new Set<Storage>();
  /** Tensors whose memory another runtime uses. They are held here, so that they are not collected. */
  readonly #exported = new Set<Tensor>();
  /** The tensors that each attempt under way has made; the innermost attempt is the last. */
  readonly #attempts: Tensor[][] = [];
  /** The list is replaced and never changed, so that an observer may end in the middle of a dispatch. */
  #observers: readonly Observer[] = [];
  #bytes = 0;
  #peak = 0;
  #peakReserved = 0;
  protected disposed = false;

  /** Takes memory of at least `bytes` and returns it with the number of bytes that it really occupies. */
  protected abstract take(bytes: number): { readonly storage: Storage; readonly size: number };
  /** Makes the memory free to be taken again. @throws InternalError if it is free already */
  protected abstract give(storage: Storage): number;
  /** Bytes that the device keeps beside those that are allocated. */
  protected abstract get idleBytes(): number;
  abstract write(storage: Storage, data: Data, own?: boolean): void;
  abstract read(storage: Storage): Promise<ArrayBuffer>;
  abstract copy(from: Storage, to: Storage): void;
  abstract clear(storage: Storage): void;
  /**
   * Runs or queues a range of a kernel whose arguments have been checked. `timed` is called later with the time that it
   * took.
   */
  protected abstract dispatch(dispatch: Dispatch, storages: readonly Storage[], range: Range, timed?: Timed): void;
  /** Tells whether memory belongs to this device or was wrapped by it. */
  protected abstract owns(storage: Storage): boolean;
  abstract finish(): Promise<void>;
  protected abstract close(): void;
  /** Takes a caller's GPUBuffer for memory of this device: that of a tensor, or one that is only read. */
  protected abstract wrap(where: string, wrapped: WrappedBuffer, bytes: number, use: "tensor" | "read"): Storage;
  /** Registers what is called when the device has finished its work on a wrapped buffer. */
  protected abstract unwrap(storage: Storage, release: (() => void) | undefined): void;
  protected abstract buffer(tensor: Tensor): GPUBuffer;

  allocate(bytes: number): Storage {
    this.checkOpen();
    const { storage, size } = this.take(bytes);
    this.#live.add(storage);
    this.#bytes += size;
    this.#peak = Math.max(this.#peak, this.#bytes);
    this.#peakReserved = Math.max(this.#peakReserved, this.reservedBytes);
    return storage;
  }

  release(storage: Storage): void {
    if (this.disposed) return;
    if (!this.#live.delete(storage)) {
      throw new InternalError({
        where: this.kind,
        expected: "memory to be released once, and as it was allocated",
        got: `${storage.bytes} bytes at ${storage.offset} that are not allocated`,
        remedy: "report this",
      });
    }
    this.#bytes -= this.give(storage);
  }

  tensor(
    shape: readonly number[],
    data?: ArrayLike<number> | GPUBuffer | WrappedBuffer,
    layout: Layout = rows,
  ): Tensor {
    this.checkOpen();
    checkShape("tensor", shape);
    checkLayout(layout, shape);
    const wrapped = asWrapped(data);
    if (wrapped) {
      const storage = this.wrap(`tensor ${formatShape(shape)}`, wrapped, layout.length(shape) * 4, "tensor");
      return new Tensor(this, shape, layout, storage, () => this.unwrap(storage, wrapped.release));
    }
    if (data !== undefined) {
      requireNumbers(`tensor ${formatShape(shape)}`, data, elementsOf(shape));
      layout.require?.(`tensor ${formatShape(shape)}`, data);
    }
    const tensor = this.empty(shape, layout);
    if (data === undefined) this.clear(tensor.storage);
    else tensor.store(data);
    return tensor;
  }

  empty(shape: readonly number[], layout: Layout = rows): Tensor {
    checkShape("tensor", shape);
    const storage = this.allocate(layout.length(shape) * 4);
    const made = new Tensor(this, shape, layout, storage, () => this.release(storage));
    this.#attempts.at(-1)?.push(made);
    return made;
  }

  borrow<Result>(where: string, wrapped: WrappedBuffer, bytes: number, work: (storage: Storage) => Result): Result {
    this.checkOpen();
    const storage = this.wrap(where, wrapped, bytes, "read");
    let release: (() => void) | undefined;
    try {
      const result = work(storage);
      ({ release } = wrapped);
      return result;
    } finally {
      this.unwrap(storage, release);
    }
  }

  attempt<Result>(work: () => Result): Result {
    const made: Tensor[] = [];
    this.#attempts.push(made);
    try {
      const result = work();
      this.#attempts.pop();
      this.#attempts.at(-1)?.push(...made);
      return result;
    } catch (error) {
      this.#attempts.pop();
      for (const tensor of made) tensor.dispose();
      throw error;
    }
  }

  labels(shape: readonly number[], data: ArrayLike<number>): Labels {
    this.checkOpen();
    checkShape("labels", shape);
    requireNumbers(`labels ${formatShape(shape)}`, data, elementsOf(shape));
    const counted = tallyLabels(shape, data);
    const bytes = new Uint8Array((data.length + 3) & ~3);
    bytes.set(data);
    const storage = this.allocate(bytes.length);
    this.write(storage, bytes, true);
    return new Labels(this, shape, storage, counted, () => this.release(storage));
  }

  scope(): Scope {
    this.checkOpen();
    return new Scope(this);
  }

  copyPicture(_picture: Drawable, _width: number, _height: number): CopiedPicture | undefined {
    return undefined;
  }

  export(tensor: Tensor): Exported {
    this.checkOpen();
    tensor.requireLive();
    const buffer = this.buffer(tensor);
    tensor.hold();
    this.#exported.add(tensor);
    const release = (): void => {
      if (this.#exported.delete(tensor)) tensor.letGo();
    };
    const stride = tensor.layout.length(tensor.shape) / tensor.rows;
    return { buffer, shape: tensor.shape, stride, release, [Symbol.dispose]: release };
  }

  /** Overridden where kernels are compiled. */
  prepare(_kernel: Kernel<object>, _constants: Readonly<Record<string, number>>): void {
    this.checkOpen();
  }

  run<Arguments extends object>(kernel: Kernel<Arguments>, args: Arguments): void {
    const { dispatch, storages, observers, timed } = this.#prepare(kernel, args);
    if (dispatch.count === 0) return;
    this.#tell(observers, "before", dispatch);
    this.dispatch(dispatch, storages, { begin: 0, end: dispatch.count }, timed);
    this.#tell(observers, "after", dispatch);
  }

  async runInTurns<Arguments extends object>(
    kernel: Kernel<Arguments>,
    args: Arguments,
    turn: () => Promise<void>,
  ): Promise<void> {
    const { dispatch, storages, observers, timed } = this.#prepare(kernel, args);
    this.#tell(observers, "before", dispatch);
    let [first, sum] = [undefined as number | undefined, 0];
    const add: Timed = (begin, end) => {
      first ??= begin;
      sum += end - begin;
    };
    const pieces = this.pieces(dispatch);
    for (let piece = pieces.next(0); !piece.done;) {
      const whole = piece.value.end - piece.value.begin === dispatch.count;
      const begun = performance.now();
      this.dispatch(dispatch, storages, piece.value, timed && (whole ? timed : add));
      const milliseconds = performance.now() - begun;
      await turn();
      this.checkOpen();
      piece = pieces.next(milliseconds);
    }
    if (first !== undefined) timed?.(first, first + sum);
    this.#tell(observers, "after", dispatch);
  }

  /** A dispatch whose arguments have been checked, and the observers that watch it. */
  #prepare<Arguments extends object>(kernel: Kernel<Arguments>, args: Arguments) {
    this.checkOpen();
    const dispatch = { kernel, count: kernel.count(args), args } as unknown as Dispatch;
    const storages = kernel.bindings.map(({ name }) => dispatch.args[name] as Storage);
    this.#checkBindings(kernel, storages);
    const observers = this.#observers;
    const tell: Timed = (begin, end) => observers.forEach((observer) => observer.timed?.(dispatch, begin, end));
    return { dispatch, storages, observers, timed: observers.some(({ timed }) => timed) ? tell : undefined };
  }

  /**
   * Cuts a dispatch into pieces for `runInTurns`. Here it is one piece; a device may override that. The generator is
   * sent how many milliseconds the last piece took.
   */
  protected *pieces({ count }: Dispatch): Generator<Range, void, number> {
    if (count > 0) yield { begin: 0, end: count };
  }

  observe(observer: Observer): Disposable {
    this.checkOpen();
    this.#observers = [...this.#observers, observer];
    return {
      [Symbol.dispose]: () => {
        this.#observers = this.#observers.filter((other) => other !== observer);
      },
    };
  }

  /** Kernels that observers run are not observed. */
  #tell(observers: readonly Observer[], when: "before" | "after", dispatch: Dispatch): void {
    if (observers.length === 0) return;
    const now = this.#observers;
    this.#observers = [];
    try {
      for (const observer of observers) observer[when]?.(dispatch);
    } finally {
      this.#observers = now;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get peakBytes(): number {
    return this.#peak;
  }

  get reservedBytes(): number {
    return this.#bytes + this.idleBytes;
  }

  get peakReservedBytes(): number {
    return Math.max(this.#peakReserved, this.reservedBytes);
  }

  resetPeak(): void {
    this.#peak = this.#bytes;
    this.#peakReserved = this.reservedBytes;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  protected checkOpen(): void {
    if (!this.disposed) return;
    throw new DisposedError({
      where: this.kind,
      expected: "an open device",
      got: "one that was disposed",
      remedy: "call open() again",
    });
  }

  /** @throws LimitError for an argument larger than a binding may be; DeviceError for one of another device, as a net */
  #checkBindings<Arguments>(kernel: Kernel<Arguments>, storages: readonly Storage[]): void {
    if (!storages.every((storage) => this.owns(storage))) {
      throw new DeviceError({
        where: kernel.file,
        expected: "arguments in the memory of this device",
        got: "those of another",
        remedy: "make all tensors with the same device",
      });
    }
    const index = storages.findIndex(({ bytes }) => bytes > this.limits.bindingBytes);
    if (index < 0) return;
    throw new LimitError({
      where: kernel.file,
      expected: `${kernel.bindings[index]!.name} within ${this.limits.bindingBytes} bytes, the device's largest binding`,
      got: `${storages[index]!.bytes} bytes`,
      remedy: this.limits.raise ?? "use a smaller image or fewer channels, or the WASM device",
    });
  }
}

/** @throws ValueError for what is neither numbers nor a GPUBuffer */
function asWrapped(data: unknown): WrappedBuffer | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if ("buffer" in data && isBuffer(data.buffer)) return data as WrappedBuffer;
  return isBuffer(data) ? { buffer: data } : undefined;
}

/** @throws ValueError, ShapeError */
function checkLayout(layout: unknown, shape: readonly number[]): asserts layout is Layout {
  if (typeof (layout as Layout | null)?.pack !== "function") {
    throw new ValueError({
      where: `tensor ${formatShape(shape)}`,
      expected: "a layout: panels for the weights of a convolution, else left out",
      got: kindOf(layout),
      remedy: remedyFor(layout, "pass panels, which crf-rnn exports"),
    });
  }
  if (layout === rows || shape.length === 4) return;
  throw new ShapeError({
    where: "tensor",
    expected: `a shape [outputs, inputs, height, width] for layout ${(layout as Layout).name}`,
    got: formatShape(shape),
    remedy: "leave the layout out for what is no weight of a convolution",
  });
}
