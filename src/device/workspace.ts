import type { Data, Device, Storage } from "./device.ts";

/**
 * Allocates device memory that is released at the end of a `using` block, except for what was handed over with `handOver`.
 */
export class Workspace implements Disposable {
  readonly #device: Device;
  readonly #storages = new Set<Storage>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** Allocates memory with undefined contents. */
  allocate(bytes: number): Storage {
    const storage = this.#device.allocate(bytes);
    this.#storages.add(storage);
    return storage;
  }

  /** Allocates memory that is filled with zeros. */
  zeros(bytes: number): Storage {
    const storage = this.allocate(bytes);
    this.#device.clear(storage);
    return storage;
  }

  /** Allocates memory for data, if there are any, and writes them to it. */
  store<Given extends Data | undefined>(data: Given): Given extends undefined ? undefined : Storage;
  store(data: Data | undefined): Storage | undefined {
    if (!data) return undefined;
    const storage = this.allocate(data.byteLength);
    this.#device.write(storage, data);
    return storage;
  }

  /** Hands `storage` to the caller: it is not freed at the end. */
  handOver(storage: Storage): Storage {
    this.#storages.delete(storage);
    return storage;
  }

  /** Frees `storage` now. */
  release(storage: Storage): void {
    if (this.#storages.delete(storage)) this.#device.release(storage);
  }

  [Symbol.dispose](): void {
    for (const storage of this.#storages) this.#device.release(storage);
    this.#storages.clear();
  }
}
