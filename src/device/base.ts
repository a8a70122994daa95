import { DisposedError, LimitError, ShapeError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { checkShape, elementsOf, formatShape, padded, rowsOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import type { Data, Device, DeviceInfo, DeviceLimits, Scope, Storage } from "./device.ts";

/** What both devices share: tensors, scopes, and the account of memory. */
export abstract class BaseDevice implements Device {
  abstract readonly kind: "webgpu" | "wasm";
  abstract readonly info: DeviceInfo;
  abstract readonly limits: DeviceLimits;
  #scopes: Set<Tensor>[] = [];
  #bytes = 0;
  #peak = 0;
  protected disposed = false;

  abstract allocate(bytes: number): Storage;
  abstract release(storage: Storage): void;
  abstract write(storage: Storage, data: Data): void;
  abstract read(storage: Storage): Promise<ArrayBuffer>;
  abstract copy(from: Storage, to: Storage): void;
  abstract clear(storage: Storage): void;
  abstract run<Arguments extends object>(kernel: Kernel<Arguments>, count: number, args: Arguments): void;
  abstract finish(): Promise<void>;
  protected abstract close(): void;
  protected abstract wrap(shape: readonly number[], buffer: unknown, bytes: number): Storage;

  tensor(shape: readonly number[], data?: ArrayLike<number> | GPUBuffer): Tensor {
    this.checkOpen();
    checkShape("tensor", shape);
    if (data !== undefined && !("length" in data)) {
      const storage = this.wrap(shape, data, paddedBytes(shape));
      return this.#track(new Tensor(this, shape, storage, (tensor) => this.#forget(tensor)));
    }
    if (data !== undefined && data.length !== elementsOf(shape)) {
      throw new ShapeError({
        where: `tensor ${formatShape(shape)}`,
        expected: `${elementsOf(shape)} values`,
        got: String(data.length),
        remedy: "pass as many values as the product of the shape",
      });
    }
    const tensor = this.empty(shape);
    if (data === undefined) this.clear(tensor.storage);
    else this.write(tensor.storage, padRows(shape, data));
    return tensor;
  }

  empty(shape: readonly number[]): Tensor {
    checkShape("tensor", shape);
    return this.#track(
      new Tensor(this, shape, this.allocate(paddedBytes(shape)), (tensor, freed) => {
        this.#forget(tensor);
        if (!this.disposed) this.release(freed);
      }),
    );
  }

  scope(): Scope {
    this.checkOpen();
    const made = new Set<Tensor>();
    this.#scopes.push(made);
    const dispose = (): void => {
      this.#scopes = this.#scopes.filter((scope) => scope !== made);
      for (const tensor of [...made]) tensor.dispose();
    };
    const keep = (tensor: Tensor): Tensor => {
      made.delete(tensor);
      const outer = this.#scopes[this.#scopes.indexOf(made) - 1];
      outer?.add(tensor);
      return tensor;
    };
    return { keep, dispose, [Symbol.dispose]: dispose };
  }

  get peakBytes(): number {
    return this.#peak;
  }

  resetPeak(): void {
    this.#peak = this.#bytes;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Counts `bytes` more (or, negative, fewer) of memory in use. */
  protected account(bytes: number): void {
    this.#bytes += bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
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

  /** @throws LimitError for an argument larger than a binding may be. */
  protected checkBindings<Arguments>(kernel: Kernel<Arguments>, storages: readonly Storage[]): void {
    const index = storages.findIndex(({ bytes }) => bytes > this.limits.bindingBytes);
    if (index < 0) return;
    throw new LimitError({
      where: kernel.file,
      expected: `${kernel.bindings[index]!.name} within ${this.limits.bindingBytes} bytes, the device's largest binding`,
      got: `${storages[index]!.bytes} bytes`,
      remedy: "use a smaller image or fewer channels, or the WASM device",
    });
  }

  #track(tensor: Tensor): Tensor {
    this.#scopes.at(-1)?.add(tensor);
    return tensor;
  }

  #forget(tensor: Tensor): void {
    for (const scope of this.#scopes) scope.delete(tensor);
  }
}

/** Bytes of a tensor's memory, rows padded. */
const paddedBytes = (shape: readonly number[]): number => rowsOf(shape) * padded(shape[shape.length - 1]!) * 4;

function padRows(shape: readonly number[], data: ArrayLike<number>): Float32Array {
  const channels = shape[shape.length - 1]!;
  const stride = padded(channels);
  if (stride === channels) return data instanceof Float32Array ? data : Float32Array.from(data);
  const rows = rowsOf(shape);
  const values = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    for (let channel = 0; channel < channels; channel++)
      values[row * stride + channel] = data[row * channels + channel]!;
  }
  return values;
}
