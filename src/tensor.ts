import type { Device, Storage } from "./device/device.ts";
import { DisposedError } from "./errors.ts";
import { elementsOf, formatShape, padded, rowsOf } from "./shape.ts";

/**
 * An array of float32 in device memory, row-major. Rows (the last axis) are padded with zeros to a multiple of four;
 * every op relies on the zeros and keeps them.
 */
export class Tensor implements Disposable {
  readonly device: Device;
  readonly shape: readonly number[];
  #storage: Storage | undefined;
  readonly #free: (tensor: Tensor, storage: Storage) => void;

  /** For devices only; users call `device.tensor`. */
  constructor(
    device: Device,
    shape: readonly number[],
    storage: Storage,
    free: (tensor: Tensor, storage: Storage) => void,
  ) {
    this.device = device;
    this.shape = [...shape];
    this.#storage = storage;
    this.#free = free;
  }

  /** The memory behind this tensor, rows padded. On WebGPU `storage.handle` is the GPUBuffer. */
  get storage(): Storage {
    if (!this.#storage) {
      throw new DisposedError({
        where: `tensor ${formatShape(this.shape)}`,
        expected: "a live tensor",
        got: "one that was disposed",
        remedy: "use it before dispose(), or keep it from its scope with scope.keep(tensor)",
      });
    }
    return this.#storage;
  }

  get disposed(): boolean {
    return this.#storage === undefined;
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
    const raw = new Float32Array(await this.device.read(this.storage));
    const { channels, rows } = this;
    const stride = padded(channels);
    if (stride === channels) return raw;
    const values = new Float32Array(elementsOf(this.shape));
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < channels; channel++)
        values[row * channels + channel] = raw[row * stride + channel]!;
    }
    return values;
  }

  /** Frees the device memory; harmless when repeated. */
  dispose(): void {
    const storage = this.#storage;
    this.#storage = undefined;
    if (storage) this.#free(this, storage);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
