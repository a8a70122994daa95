import type { Device, Storage } from "./device/device.ts";
import { Held } from "./held.ts";
import { elementsOf } from "./shape.ts";

/** A label for every pixel, one byte each, in device memory; made by `device.labels`. */
export class Labels extends Held {
  readonly device: Device;
  /** [h, w] or [b, h, w] */
  readonly shape: readonly number[];
  /** One byte a pixel, four to a word, the first in the low bits. */
  readonly storage: Storage;
  readonly #free: (labels: Labels) => void;

  /** For devices only; users call `device.labels`. */
  constructor(device: Device, shape: readonly number[], storage: Storage, free: (labels: Labels) => void) {
    super();
    this.device = device;
    this.shape = [...shape];
    this.storage = storage;
    this.#free = free;
  }

  async read(): Promise<Uint8Array> {
    return new Uint8Array(await this.device.read(this.storage), 0, elementsOf(this.shape));
  }

  protected free(): void {
    this.#free(this);
  }
}
