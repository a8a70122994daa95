import type { Device } from "crf-rnn";

/** Measures on the device that is open. */
export class MeasureService {
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }
  kind = (): string => this.#device.kind;
}
