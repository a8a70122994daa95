import type { CrfOptions } from "../crf/crfRnn.ts";
import { filteredQuads } from "../crf/filteredQuads.ts";
import { inferenceOptions } from "../crf/options.ts";
import type { Device } from "../device/device.ts";
import { LimitError } from "../errors.ts";
import { padded, quadBytes, quadsOf } from "../shape.ts";

/** The size of what is refined. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** How a caller wants a picture cut. */
export interface CutOptions {
  readonly rows?: number;
  readonly channels?: number;
}

/** So many pixels are on the device at a time: a band costs a walk over all vertices, so that it should not have fewer entries than there are of those. */
const bandPixels = 1 << 19;

/** Bytes of a pixel's tables while they are made: keys, weights, simplices, and what sorts the entries of both filters. */
const tableBytes = 640;

/** Bytes of a vertex beside its maps: slots, keys, neighbors, list, row of blurred ones. */
const vertexBytes = 130;

/** The share of a device's memory that is reckoned with; the rest is for gaps between what is there. */
const usable = 0.9;

/** What a picture's lattices are taken to have where nobody has looked: photographs have 0.1 to 0.8 bilateral vertices a pixel, and 0.13 spatial ones. */
const usualVertices = 0.93;

/** Bytes of a band: what makes its entries, and the maps of an update. */
const bandBytes = (rows: number, { width, classes }: PictureSize): number =>
  rows * width * (tableBytes + 3 * padded(classes) * 4);

/** The rows of a band. @throws LimitError where not even one has room */
export function rowsOfBand(device: Device, { height, width, classes }: PictureSize, { rows }: CutOptions): number {
  // A binding has to hold the keys of a band's entries, 72 bytes a pixel, behind those of the vertices, and a band's logits.
  const most = device.limits.bindingBytes / 2;
  const rowBytes = width * Math.max(padded(classes) * 4, 72);
  if (rowBytes <= most) {
    return Math.max(1, Math.min(height, rows ?? Math.floor(bandPixels / width), Math.floor(most / rowBytes)));
  }
  throw new LimitError({
    where: "stream",
    expected: `rows within ${most} bytes, half of what a kernel's argument may span`,
    got: `${rowBytes} bytes`,
    remedy: "turn the picture, or open a device of higher limits",
  });
}

/**
 * How many quads of those that are filtered the lattices hold at a time: as many as a kernel's argument may span, and as memory has room for. `vertices` are
 * those of both lattices, of which the larger one has `most`.
 */
export function quadsOfBlock(
  device: Device,
  size: PictureSize,
  { channels }: CutOptions,
  {
    quads,
    vertices,
    most,
    rows,
  }: { readonly quads: number; readonly vertices: number; readonly most: number; readonly rows: number },
): number {
  if (channels !== undefined) return Math.min(quads, quadsOf(channels));
  const { bindingBytes, bufferBytes } = device.limits;
  const inBinding = Math.floor(bindingBytes / ((most + 1) * quadBytes));
  // On WebGPU what is there is known to nobody; a WebAssembly's memory is one buffer.
  const room = device.kind === "wasm" ? usable * bufferBytes - device.bytes - bandBytes(rows, size) : Infinity;
  const inMemory = Math.floor(room / (2 * vertices * quadBytes));
  const fitting = Math.max(1, Math.min(inBinding, inMemory));
  // All blocks are about as wide.
  return Math.ceil(quads / Math.ceil(quads / fitting));
}

/** How much memory a stream takes, at most, for photographs. */
export interface Estimate {
  readonly rows: number;
  /** How many blocks the channels are cut into. */
  readonly blocks: number;
  /** How often the picture goes through the device. */
  readonly passes: number;
  readonly deviceBytes: number;
  /** On the host, beside what sources and sink have. */
  readonly hostBytes: number;
}

/** Estimates what `stream` takes. `verticesPerPixel` are those of both lattices together, where they are known. */
export function estimateStream(
  device: Device,
  size: PictureSize,
  options: CutOptions &
    Pick<CrfOptions, "iterations" | "normalization" | "activation"> & { readonly verticesPerPixel?: number } = {},
): Estimate {
  const {
    iterations = inferenceOptions.iterations.default,
    normalization = inferenceOptions.normalization.default,
    activation = inferenceOptions.activation.default,
    verticesPerPixel = usualVertices,
  } = options;
  const quads = filteredQuads(size.classes, { normalization, activation });
  const pixels = size.height * size.width;
  const rows = rowsOfBand(device, size, options);
  const vertices = pixels * verticesPerPixel;
  const blockQuads = quadsOfBlock(device, size, options, { quads, vertices, most: vertices, rows });
  const blocks = Math.ceil(quads / blockQuads);
  return {
    rows,
    blocks,
    passes: 3 + iterations * blocks,
    deviceBytes: vertices * (2 * blockQuads * quadBytes + vertexBytes) + bandBytes(rows, size),
    hostBytes: blocks > 1 ? 2 * pixels * padded(size.classes) * 4 : 0,
  };
}

/** What large photographs have of vertices a pixel, of both lattices together. Pixels beside each other are more alike there. */
const verticesOfLarge = 0.25;

/** Bytes of the call that holds everything: maps, features, entries of both filters, and the vertices of a photograph. */
export function wholeBytes({ height, width, classes }: PictureSize): number {
  const mapBytes = padded(classes) * 4;
  const ofPixel = 2 * mapBytes + 270;
  return height * width * (ofPixel + verticesOfLarge * (2 * mapBytes + vertexBytes));
}

/**
 * Whether the call that holds everything most likely has room on a device: its maps and keys within a kernel's argument, and all of it in
 * memory. A picture of noise may have none all the same, which a LimitError tells then.
 */
export function fitsWhole(device: Device, size: PictureSize): boolean {
  const { bindingBytes, bufferBytes } = device.limits;
  const pixels = size.height * size.width;
  if (pixels * 72 > bindingBytes || pixels * padded(size.classes) * 4 > bufferBytes) return false;
  return device.kind === "webgpu" || wholeBytes(size) <= bufferBytes;
}
