import { type Device, slice, type Storage } from "./device.ts";

/** Rows of a map that one binding can hold. */
export interface Window {
  readonly rows: number;
  /** The rows of a map with rows of `rowBytes`, as a binding. */
  of(storage: Storage, rowBytes: number): Storage;
}

/**
 * Cuts `rows` into windows whose rows of at most `rowBytes` fit a binding: how kernels that treat each row by itself run
 * on maps larger than the adapter's largest binding.
 */
export function* rowWindows(device: Device, rows: number, rowBytes: number): Generator<Window> {
  // A window begins at a multiple of 64 rows, of 16 bytes or more each: at a multiple of any device's alignment.
  const most = Math.max(64, Math.floor(device.limits.bindingBytes / rowBytes / 64) * 64);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    yield { rows: count, of: (storage, bytes) => slice(storage, first * bytes, count * bytes) };
  }
}
