import type { Device } from "crf-rnn";
import { Latest } from "../../../lab/src/engine/latest.ts";
import { moved } from "../../../lab/src/engine/moved.ts";

/** A service that computes as little as can be. */
export class EchoService implements Disposable {
  readonly #device: Device;
  readonly #latest = new Latest((request: number, signal: AbortSignal) => this.#wait(request, signal));

  constructor(device: Device) {
    this.#device = device;
  }

  [Symbol.dispose](): void {
    this.#latest.cancel();
  }

  /** Sends values to the device and back. */
  async echo(values: Float32Array): Promise<{ readonly values: Float32Array; readonly kind: string }> {
    const tensor = this.#device.tensor([1, values.length], values);
    const read = await tensor.read();
    tensor.dispose();
    return moved({ values: read, kind: this.#device.kind });
  }

  /** Answers in a while, unless something newer is asked. */
  latest(request: number): Promise<number | undefined> {
    return this.#latest.run(request);
  }

  /** Counts aloud. */
  async count(to: number, progress: (done: number) => Promise<void>): Promise<void> {
    for (let done = 1; done <= to; done++) await progress(done);
  }

  /** Fails as the package does. */
  fail(): void {
    this.#device.tensor([2, 2], [1]);
  }

  #wait(request: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(request), 100);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new Error("aborted"));
      });
    });
  }
}
