import { DisposedError, LimitError, ShapeError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import type { Held } from "../held.ts";
import { census, Labels } from "../labels.ts";
import { type Layout, rows } from "../layout.ts";
import { checkShape, elementsOf, formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import type { Data, Device, DeviceInfo, DeviceLimits, Scope, Storage } from "./device.ts";

/** What both devices share: tensors, scopes, and the account of memory. */
export abstract class BaseDevice implements Device {
  abstract readonly kind: "webgpu" | "wasm";
  abstract readonly info: DeviceInfo;
  abstract readonly limits: DeviceLimits;
  #scopes: Set<Held>[] = [];
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

  tensor(shape: readonly number[], data?: ArrayLike<number> | GPUBuffer, layout: Layout = rows): Tensor {
    this.checkOpen();
    checkShape("tensor", shape);
    if (data !== undefined && !("length" in data)) {
      const storage = this.wrap(shape, data, layout.length(shape) * 4);
      return this.#track(new Tensor(this, shape, layout, storage, (tensor) => this.#forget(tensor)));
    }
    if (data !== undefined) checkLength("tensor", shape, data.length);
    const tensor = this.empty(shape, layout);
    if (data === undefined) this.clear(tensor.storage);
    else this.write(tensor.storage, layout.pack(shape, data));
    return tensor;
  }

  empty(shape: readonly number[], layout: Layout = rows): Tensor {
    checkShape("tensor", shape);
    const storage = this.allocate(layout.length(shape) * 4);
    return this.#track(
      new Tensor(this, shape, layout, storage, (tensor) => {
        this.#forget(tensor);
        if (!this.disposed) this.release(storage);
      }),
    );
  }

  labels(shape: readonly number[], data: ArrayLike<number>): Labels {
    this.checkOpen();
    checkShape("labels", shape);
    checkLength("labels", shape, data.length);
    const counted = census(shape, data);
    const bytes = new Uint8Array((data.length + 3) & ~3);
    bytes.set(data);
    const storage = this.allocate(bytes.length);
    this.write(storage, bytes);
    return this.#track(
      new Labels(this, shape, storage, counted, (labels) => {
        this.#forget(labels);
        if (!this.disposed) this.release(storage);
      }),
    );
  }

  scope(): Scope {
    this.checkOpen();
    const made = new Set<Held>();
    this.#scopes.push(made);
    const dispose = (): void => {
      this.#scopes = this.#scopes.filter((scope) => scope !== made);
      for (const one of [...made]) one.dispose();
    };
    const keep = <Kept extends Held>(kept: Kept): Kept => {
      made.delete(kept);
      const outer = this.#scopes[this.#scopes.indexOf(made) - 1];
      outer?.add(kept);
      return kept;
    };
    return { keep, dispose, [Symbol.dispose]: dispose };
  }

  get peakBytes(): number {
    return this.#peak;
  }

  /** Bytes allocated now. */
  protected get usedBytes(): number {
    return this.#bytes;
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

  #track<Made extends Held>(made: Made): Made {
    this.#scopes.at(-1)?.add(made);
    return made;
  }

  #forget(freed: Held): void {
    for (const scope of this.#scopes) scope.delete(freed);
  }
}

/** @throws ShapeError */
function checkLength(what: string, shape: readonly number[], length: number): void {
  if (length === elementsOf(shape)) return;
  throw new ShapeError({
    where: `${what} ${formatShape(shape)}`,
    expected: `${elementsOf(shape)} values`,
    got: String(length),
    remedy: "pass as many values as the product of the shape",
  });
}
