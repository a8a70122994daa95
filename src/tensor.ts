import type { Device, Storage } from "./device/device.ts";
import { DisposedError, ShapeError } from "./errors.ts";
import { Held } from "./held.ts";
import type { Layout } from "./layout.ts";
import { elementsOf, formatShape, rowsOf } from "./shape.ts";
import type { Tape } from "./tape.ts";

/**
 * An array of float32 in device memory, row-major. Rows (the last axis) are padded with zeros to a multiple of four;
 * every op relies on the zeros and keeps them. The weights of convolutions lie in another order (see layout.ts), which
 * `read` undoes.
 */
export class Tensor extends Held {
  readonly device: Device;
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** The tape that watches this tensor or recorded how it was made. */
  tape: Tape | undefined;
  readonly #storage: Storage;
  readonly #free: (tensor: Tensor) => void;

  /** For devices only; users call `device.tensor`. */
  constructor(
    device: Device,
    shape: readonly number[],
    layout: Layout,
    storage: Storage,
    free: (tensor: Tensor) => void,
  ) {
    super();
    this.device = device;
    this.shape = [...shape];
    this.layout = layout;
    this.#storage = storage;
    this.#free = free;
  }

  /** The memory behind this tensor, padding included. On WebGPU `storage.handle` is the GPUBuffer. */
  get storage(): Storage {
    this.requireLive();
    return this.#storage;
  }

  /** For ops, before they allocate anything. @throws DisposedError */
  requireLive(): void {
    if (!this.disposed) return;
    throw new DisposedError({
      where: `tensor ${formatShape(this.shape)}`,
      expected: "a live tensor",
      got: "one that was disposed",
      remedy: "use it before dispose(), or keep it from its scope with scope.keep(tensor)",
    });
  }

  /** Size of the last axis. */
  get channels(): number {
    return this.shape[this.shape.length - 1]!;
  }

  /** Product of all axes but the last. */
  get rows(): number {
    return rowsOf(this.shape);
  }

  /** The values, dense and row-major. @throws DeviceError for anything that went wrong on the device before. */
  async read(): Promise<Float32Array> {
    return this.layout.unpack(this.shape, new Float32Array(await this.device.read(this.storage)));
  }

  /** Replaces the values; dense and row-major. @throws ShapeError for another number of them */
  write(values: ArrayLike<number>): void {
    if (values.length !== elementsOf(this.shape)) {
      throw new ShapeError({
        where: `tensor ${formatShape(this.shape)}`,
        expected: `${elementsOf(this.shape)} values`,
        got: String(values.length),
        remedy: "write as many values as the product of the shape",
      });
    }
    this.device.write(this.storage, this.layout.pack(this.shape, values));
  }

  /** A tensor of this shape and layout, with undefined contents. @throws DisposedError */
  like(): Tensor {
    this.requireLive();
    return this.device.empty(this.shape, this.layout);
  }

  /** The same values, for ops whose gradients stop here; the memory lives as long as either of both. */
  detached(): Tensor {
    this.hold();
    return new Tensor(this.device, this.shape, this.layout, this.storage, () => this.letGo());
  }

  protected free(): void {
    this.#free(this);
  }
}
