import type { Device } from "../../src/device/device.ts";
import type { Tensor } from "../../src/tensor.ts";

/** Numbers that no range of ordinary features holds. GPUs need not know NaN and infinity. */
const strange = (device: Device): readonly number[] =>
  device.kind === "wasm" ? [NaN, -NaN, Infinity, -Infinity, 1e30, -1e30, 1e5, -1e5] : [1e30, -1e30, 1e5, -1e5];

/**
 * Writes strange numbers in place of every third feature, and small changes in place of every other third, as another call might while a lattice
 * is built. Returns what they count as where features reach so far.
 */
export function writeOthers(features: Tensor, data: Float32Array, reaches: ArrayLike<number>): Tensor {
  const { device, channels, shape } = features;
  const numbers = strange(device);
  const written = data.map((value, i) => [value, value + 0.25, numbers[Math.floor(i / 3) % numbers.length]!][i % 3]!);
  features.write(written);
  const counted = written.map((value, i) => {
    const [least, most] = [-reaches[2 * (i % channels)]!, reaches[2 * (i % channels) + 1]!];
    return value > least ? Math.min(value, most) : least;
  });
  return device.tensor(shape, counted);
}
