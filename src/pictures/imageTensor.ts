import type { Device, Drawable } from "../device/device.ts";
import { ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { checkSize } from "../nn/resize.ts";
import { type Names, requireOptions } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import { found, kindOf, requireChoice, requireNumber } from "../values.ts";
import { fit } from "./fit.ts";
import {
  channelsOf,
  drawn,
  type ImageSource,
  isDrawable,
  isStill,
  type PixelData,
  readPixels,
  requireColors,
  requireSource,
  sizeOf,
} from "./source.ts";
import { type ColorOptions, type PixelBytes, unpack } from "./unpack.ts";

/** What becomes of a picture's size and colors. */
export interface ImageTensorOptions {
  /** The size of the result, [h, w]. A picture that becomes smaller is averaged. Default: the picture's own. */
  readonly size?: readonly [height: number, width: number];
  /** Whether red (the default) or blue comes first, as in Caffe's networks. The guide of a CRF is the same in both. */
  readonly order?: "rgb" | "bgr";
  /** Is subtracted from the colors, in the order of the result: `meanColor` for VGG's networks. Default: 0. */
  readonly mean?: readonly [number, number, number];
  /** By what the colors are multiplied after that. Default: 1. */
  readonly scale?: number;
}

const optionNames: Names<ImageTensorOptions> = { size: true, order: true, mean: true, scale: true };
const where = "imageTensor";

/**
 * Makes the guide [h, w, 3] of a picture: red, green and blue, 0…255, sRGB, from the upper left row by row, in the
 * picture's own size unless another is asked for. Alpha is dropped, and colors are those in front of it, not premultiplied, as `getImageData` tells
 * them. Gray is repeated, so that θβ means the same for a gray photograph however it was decoded. On WebGPU what the
 * browser can draw stays on the GPU.
 * @throws ValueError for what is no picture, is not loaded or may not be read; ShapeError for another number of values
 * @example
 * const guide = imageTensor(device, { data: new Uint8Array(48), width: 4, height: 4 }); // or an ImageBitmap, a canvas, …
 */
export function imageTensor(device: Device, source: ImageSource, options: ImageTensorOptions = {}): Tensor {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  requireSource(where, source);
  const colors = requireColorOptions(options);
  const { size } = options;
  if (size !== undefined) checkSize(where, size);
  const own = isDrawable(source) ? drawableTensor(device, source, colors) : pixelTensor(device, source, colors);
  return size ? device.attempt(() => fit(own, size)) : own;
}

/** @throws ValueError */
function requireColorOptions({ order = "rgb", mean = [0, 0, 0], scale = 1 }: ImageTensorOptions): ColorOptions {
  requireChoice(where, "order", order, ["rgb", "bgr"]);
  requireNumber(where, "scale", scale);
  if (!Array.isArray(mean) || mean.length !== 3) {
    throw new ValueError({
      where,
      expected: "mean: three numbers",
      got: kindOf(mean),
      remedy: "write it as [104, 117, 123]",
    });
  }
  const bad = mean.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new ValueError({ where, expected: "mean: three finite numbers", got: found(bad) });
  return { order, mean, scale };
}

function drawableTensor(device: Device, source: Drawable, colors: ColorOptions): Tensor {
  const { width, height } = sizeOf(source);
  // Moving pictures go through a canvas, which stays on the GPU as well.
  const still = isStill(source) || device.kind === "wasm" ? source : drawn(source);
  const copied = still && device.copyPicture(still, width, height);
  if (!copied) return pixelTensor(device, readPixels(where, source), colors);
  return unpacked(device, { ...copied, width, height, channels: 4 }, colors);
}

function pixelTensor(device: Device, source: PixelData, colors: ColorOptions): Tensor {
  const { data, width, height } = source;
  const channels = channelsOf(where, source);
  if (!isBytes(data)) return floatTensor(device, source, channels, colors);
  const bytes = wholeWords(data);
  const storage = device.allocate(bytes.length);
  device.write(storage, bytes);
  return unpacked(device, { storage, width, height, channels, rowBytes: width * channels }, colors);
}

/** Unpacks the bytes and gives their memory back. */
function unpacked(device: Device, bytes: PixelBytes, colors: ColorOptions): Tensor {
  try {
    return device.attempt(() => unpack(device, bytes, colors));
  } finally {
    device.release(bytes.storage);
  }
}

const isBytes = (data: ArrayLike<number>): data is Uint8Array | Uint8ClampedArray =>
  data instanceof Uint8Array || data instanceof Uint8ClampedArray;

/** The same bytes, and as many zeros as make them a multiple of four. They are copied only where some are missing. */
function wholeWords(data: Uint8Array | Uint8ClampedArray): Uint8Array {
  if (data.length % 4 === 0) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const bytes = new Uint8Array((data.length + 3) & ~3);
  bytes.set(data);
  return bytes;
}

/** Does what `unpack` does, for colors between whole numbers. */
function floatTensor(
  device: Device,
  source: PixelData,
  channels: number,
  { order, mean, scale }: ColorOptions,
): Tensor {
  const { data, width, height } = source;
  requireColors(where, data);
  const values = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const color = channels < 3 ? 0 : order === "bgr" ? 2 - c : c;
      values[pixel * 3 + c] = (data[pixel * channels + color]! - mean[c]!) * scale;
    }
  }
  return device.tensor([height, width, 3], values);
}
