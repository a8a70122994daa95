import { fill } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";

/** Queues that all floats of `values` become `value`. */
export function fillFloats(device: Device, values: Storage, value: number): void {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  device.run(fill, { values, count: values.bytes / 4, value: bits! });
}
