import { unpack as kernel } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { bindRows, imageRowRanges } from "../device/ranges.ts";
import { quadBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The bytes of a picture in device memory: 1 (gray), 2 (gray, alpha), 3 or 4 (red, green, blue, alpha) a pixel. */
export interface PixelBytes {
  readonly storage: Storage;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bytes from the beginning of a row to that of the next. */
  readonly rowBytes: number;
}

/** What becomes of each color: (color − mean)·scale, red first or blue first. */
export interface ColorOptions {
  readonly order: "rgb" | "bgr";
  /** In the order of the result. */
  readonly mean: readonly [number, number, number];
  readonly scale: number;
}

/** Makes a map [h, w, 3] of a picture's bytes. Gray is repeated, alpha is dropped. */
export function unpack(device: Device, bytes: PixelBytes, { order, mean, scale }: ColorOptions): Tensor {
  const { width, height, channels, rowBytes } = bytes;
  const result = device.empty([height, width, 3]);
  const resultBytes = width * quadBytes;
  for (const { first, rows } of imageRowRanges(device, 1, height, Math.max(rowBytes, resultBytes))) {
    // A binding begins at a multiple of the device's alignment, so `skip` bytes lie in front of the range.
    const skip = (first * rowBytes) % device.limits.alignment;
    const length = skip + (rows - 1) * rowBytes + width * channels;
    const into = bindRows(device, result.storage, { first, rows, rowBytes: resultBytes });
    device.run(kernel, {
      pixels: view(bytes.storage, first * rowBytes - skip, (length + 3) & ~3),
      result: into.storage,
      count: rows * width,
      width,
      channels,
      rowBytes,
      skip,
      resultSkip: into.skip,
      reversed: order === "bgr" ? 1 : 0,
      firstMean: mean[0],
      secondMean: mean[1],
      thirdMean: mean[2],
      scale,
    });
  }
  return result;
}
