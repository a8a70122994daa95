import { decode, encode, type DecodedPng } from "fast-png";
import { FormatError } from "../errors.ts";
import { deinterlace, sampleAt } from "./adam7.ts";
import { isJpeg } from "./jpegMarkers.ts";
import type { LabelMap } from "./labels.ts";
import { readOrientation, upright } from "./orientation.ts";
import { vocPalette, type Color } from "./palette.ts";
import { soundPng } from "./pngChunks.ts";

/** A label map with the color of each class, where its file carries a palette. */
export interface Annotation extends LabelMap {
  readonly palette?: readonly Color[];
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a PNG of any color type as red, green and blue, `[height, width, 3]`, 0…255, as stored: no color management,
 * 16-bit samples keep their fraction, transparency is dropped. The EXIF orientation is told, not applied.
 * @throws FormatError for a truncated, corrupt or zero-sized file
 */
export function decodeRgbPng(bytes: Uint8Array, file: string) {
  const { height, width, channels, depth, palette, samples, pixels, orientation } = decodePng(bytes, file);
  const scale = palette ? 1 : 255 / (2 ** depth - 1);
  const values = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const color = palette ? palette[samples[pixel]!] : undefined;
    if (palette && !color) throw outsidePalette(file, pixels, samples[pixel]!, palette.length);
    for (let k = 0; k < 3; k++) {
      values[pixel * 3 + k] = (color ? color[k]! : samples[pixel * channels + (channels > 2 ? k : 0)]!) * scale;
    }
  }
  return { height, width, values, orientation: orientation.value };
}

/** What a mask's numbers or colors are. */
export interface LabelOptions {
  /** The color of each class, and at 255 that of void: with it, true colors are read as the classes that have them. */
  readonly colors?: readonly Color[];
}

/**
 * Reads an annotation: the palette *index* or gray value of a pixel is its class, or, of one in true colors, the class that has its
 * color in `colors`. One with an EXIF orientation is refused: programs that read labels do not look for it, and those that copy it
 * from a photograph do not turn what they drew.
 * @throws FormatError for a truncated or corrupt file, and for colors that name no class
 */
export function decodeLabelPng(bytes: Uint8Array, file: string, { colors }: LabelOptions = {}): Annotation {
  const mask = decodeMask(bytes, file);
  const { height, width, channels, depth, samples, palette } = mask;
  if (channels > 2 && depth === 8 && colors)
    return { height, width, labels: requireColors(mask, colors, file), palette: colors };
  if (channels !== 1 || depth === 16) {
    throw new FormatError({
      file,
      offset: 24,
      expected: "a palette or gray PNG of at most 8 bits, whose index is the class",
      got: `${channels} channels of ${depth} bits`,
      remedy:
        channels > 2
          ? "colors name no class by themselves: give a palette, or a manifest whose classes have these colors"
          : "save it with one channel of 8 bits",
    });
  }
  return { height, width, labels: Uint8Array.from(samples), palette };
}

/** The samples of a mask as they lie in a PNG. */
export interface Mask {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
  readonly samples: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly palette?: readonly Color[];
}

/** Reads a mask without saying what its numbers or colors mean. @throws FormatError, also for an EXIF orientation */
export function decodeMask(bytes: Uint8Array, file: string): Mask {
  const { height, width, channels, depth, palette, samples, orientation } = decodePng(bytes, file);
  if (orientation.value !== upright) {
    throw new FormatError({
      file,
      offset: orientation.offset,
      expected: "labels without an EXIF orientation",
      got: `orientation ${orientation.value}`,
      remedy: "remove the tag, after turning the labels if they do not lie on the photograph as it is shown",
    });
  }
  const colors = palette?.map(([red = 0, green = 0, blue = 0]): Color => [red, green, blue]);
  return { height, width, channels, depth, samples, palette: colors };
}

/** A color of no class in the result of `labelsByColor`. */
export const noClass = -1;

/** The class that has the color of each pixel of a mask in true colors; 255 for that of void, and `noClass` for others. */
export function labelsByColor({ samples, channels, height, width }: Mask, colors: readonly Color[]): Int16Array {
  const labels = new Map<number, number>();
  const key = (red: number, green: number, blue: number): number => (red << 16) | (green << 8) | blue;
  // The first class that has a color is meant by it; those after it cannot be told from it.
  colors.forEach((color, label) => {
    if (!labels.has(key(...color))) labels.set(key(...color), label);
  });
  return Int16Array.from({ length: height * width }, (_, pixel) => {
    const at = pixel * channels;
    return labels.get(key(samples[at]!, samples[at + 1]!, samples[at + 2]!)) ?? noClass;
  });
}

function requireColors(mask: Mask, colors: readonly Color[], file: string): Uint8Array<ArrayBuffer> {
  const labels = labelsByColor(mask, colors);
  const stray = labels.indexOf(noClass);
  if (stray < 0) return Uint8Array.from(labels);
  const { samples, channels, width } = mask;
  const color = samples.subarray(stray * channels, stray * channels + 3).join(" ");
  const strays = labels.reduce((count, label) => count + Number(label === noClass), 0);
  throw new FormatError({
    file,
    expected: "the colors of the classes",
    got: `${color} at row ${Math.floor(stray / width)}, column ${stray % width}, and others at ${strays} pixels in all`,
    remedy: "give this color a class, or save the mask without smoothing and as PNG",
  });
}

/** Writes `[height, width, 3]`, 0…255, as an RGB PNG. */
export function encodeRgbPng(height: number, width: number, rgb: Uint8Array): Uint8Array {
  return encode({ width, height, data: rgb, channels: 3, depth: 8 });
}

/** Writes `[height, width]`, 0…1, as a gray PNG of 16 bits. */
export function encodeSharesPng(height: number, width: number, shares: Float32Array): Uint8Array {
  const data = Uint16Array.from(shares, (share) => Math.round(65535 * Math.min(Math.max(share, 0), 1)));
  return encode({ width, height, data, channels: 1, depth: 16 });
}

/** Writes a label map as a palette PNG whose index is the class; PASCAL VOC's colors where it has none of its own. */
export function encodeLabelPng({ height, width, labels, palette }: Annotation): Uint8Array {
  const colors = vocPalette();
  palette?.forEach((color, label) => (colors[label] = color));
  return encode({ width, height, data: labels, channels: 1, depth: 8, palette: colors.map((color) => [...color]) });
}

/** The contents of a PNG, with one sample for each element, where the file packs two, four or eight into a byte. */
interface Png {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
  readonly palette?: readonly (readonly number[])[];
  readonly samples: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** The position at which its pixels begin. */
  readonly pixels: number;
  /** Its EXIF data and their position. */
  readonly orientation: { readonly value: number; readonly offset?: number };
}

function decodePng(bytes: Uint8Array, file: string): Png {
  if (!isPng(bytes)) throw notPng(bytes, file);
  const { bytes: sound, pixels, passes, exif } = soundPng(bytes, file);
  const orientation = { value: exif ? readOrientation(exif.data) : upright, offset: exif?.offset };
  try {
    if (passes) return { ...decodeInterlaced(sound, passes), pixels, orientation };
    const png = decode(sound);
    const { height, width, channels, depth, palette } = png;
    return { height, width, channels, depth, palette, samples: unpack(png), pixels, orientation };
  } catch (cause) {
    const got = (cause as Error).message.replace(/[\s:.]+$/, "");
    const remedy = "the file is damaged: write it again";
    throw new FormatError({ file, offset: pixels, expected: "pixels that can be decoded", got, remedy }, { cause });
  }
}

/** One channel of less than 8 bits in seven passes. What is proved sound has its palette right behind the header. */
function decodeInterlaced(sound: Uint8Array, passes: Uint8Array) {
  const view = new DataView(sound.buffer, sound.byteOffset);
  const [width, height, depth, color] = [view.getUint32(16), view.getUint32(20), sound[24]!, sound[25]!];
  const samples = deinterlace(passes, width, height, depth);
  const colorAt = (i: number): number[] => [...sound.subarray(41 + 3 * i, 44 + 3 * i)];
  const palette = color === 3 ? Array.from({ length: view.getUint32(33) / 3 }, (_, i) => colorAt(i)) : undefined;
  return { height, width, channels: 1, depth, palette, samples };
}

function notPng(bytes: Uint8Array, file: string): FormatError {
  const [got, remedy] = isJpeg(bytes)
    ? ["a JPEG", "a JPEG does not keep the values of pixels, and so no labels: save them as PNG"]
    : bytes[0] === 0x93
      ? ["a .npy array", "save the labels as a PNG of 8 bits, gray or with a palette"]
      : ["something else", "save it as PNG"];
  return new FormatError({ file, offset: 0, expected: "a PNG file", got, remedy });
}

/** Unpacks samples, of which the file packs two, four or eight into a byte, to one element each. */
function unpack({ width, height, channels, depth, data }: DecodedPng): Png["samples"] {
  if (depth >= 8) return data;
  const samples = new Uint8Array(width * height * channels);
  const rowSamples = width * channels;
  const rowBits = Math.ceil((rowSamples * depth) / 8) * 8;
  for (let i = 0; i < samples.length; i++) {
    samples[i] = sampleAt(data, Math.floor(i / rowSamples) * rowBits + (i % rowSamples) * depth, depth);
  }
  return samples;
}

function outsidePalette(file: string, offset: number, index: number, size: number): FormatError {
  const expected = `palette indices below ${size} in the pixels compressed from here on`;
  return new FormatError({ file, offset, expected, got: `${index}`, remedy: "save it again" });
}
