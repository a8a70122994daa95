import type { Device } from "../device/device.ts";
import { LimitError } from "../errors.ts";
import { quadBytes, quadsOf } from "../shape.ts";

/** The size of what is refined. */
export interface StreamedSize {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** How a picture is cut. */
export interface Cut {
  readonly rows: number;
  readonly blockQuads: number;
  readonly blocks: number;
}

/** So many pixels are on the device at a time: each pass goes over all vertices once a band, and a band has as many entries as those. */
const bandPixels = 1 << 19;

/** Bytes of a pixel's tables while they are made: keys, weights, simplices, and what sorts the entries of both filters. */
const tableBytes = 640;

/** The most vertices a pixel that are reckoned with where a picture has not been looked at: photographs have 0.1 to 0.8. */
const verticesOfPixel = 0.8;

/** @throws LimitError where the options ask for what the device has no room for */
export function planOf(
  device: Device,
  { height, width, classes }: StreamedSize,
  { rows, channels }: { readonly rows?: number; readonly channels?: number },
): Cut {
  const quads = quadsOf(classes);
  const { bindingBytes } = device.limits;
  const rowBytes = width * quads * quadBytes;
  // A binding has to hold the keys of a band's entries, 72 bytes a pixel, behind those of the vertices, and a band's logits.
  const fitting = Math.floor(bindingBytes / 2 / Math.max(rowBytes, width * 72));
  const chosen = Math.max(1, Math.min(height, rows ?? Math.floor(bandPixels / width), fitting));
  if (fitting < 1) {
    const got = `rows of ${width} pixels and ${classes} classes`;
    throw new LimitError({ where: "stream", expected: `a row within ${bindingBytes / 2} bytes`, got });
  }
  const vertices = Math.ceil(height * width * verticesOfPixel) + 1;
  const fit = Math.max(1, Math.floor(bindingBytes / (vertices * quadBytes)));
  const blockQuads = Math.min(quads, channels === undefined ? fit : quadsOf(channels));
  return { rows: chosen, blockQuads, blocks: Math.ceil(quads / blockQuads) };
}

/** How much memory a stream takes. */
export interface Estimate {
  /** Of the device, at most. */
  readonly deviceBytes: number;
  /** Of the host, beside what sources and sink have. */
  readonly hostBytes: number;
}

/** Estimates how much memory a stream takes, by the largest number of vertices that photographs have. */
export function estimateStream(
  device: Device,
  size: StreamedSize,
  options: { readonly rows?: number; readonly channels?: number } = {},
): Estimate {
  const { rows, blockQuads, blocks } = planOf(device, size, options);
  const pixels = size.height * size.width;
  const vertices = pixels * verticesOfPixel;
  const bandBytes = rows * size.width * (tableBytes + 3 * quadsOf(size.classes) * quadBytes);
  // Two maps; and slots, keys, neighbors, lists and blurred ones.
  const vertexBytes = 2 * blockQuads * quadBytes + 130;
  return {
    deviceBytes: vertices * vertexBytes + bandBytes,
    hostBytes: blocks > 1 ? 2 * pixels * quadsOf(size.classes) * quadBytes : 0,
  };
}
