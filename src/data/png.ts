import { decode, encode, type DecodedPng } from "fast-png";
import { FormatError } from "../errors.ts";
import type { LabelMap } from "./labels.ts";
import { vocPalette, type Color } from "./palette.ts";
import { soundPng, type SoundPng } from "./pngChunks.ts";

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
 * 16-bit samples keep their fraction, transparency is dropped.
 * @throws FormatError for a truncated, corrupt or zero-sized file
 */
export function decodeRgbPng(bytes: Uint8Array, file: string) {
  const png = decodePng(bytes, file);
  const { height, width, channels, palette, pixels } = png;
  const samples = unpack(png);
  const scale = palette ? 1 : 255 / (2 ** png.depth - 1);
  const values = new Float32Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const color = palette ? palette[samples[pixel]] : undefined;
    if (palette && !color) throw outsidePalette(file, pixels, samples[pixel], palette.length);
    for (let k = 0; k < 3; k++) {
      values[pixel * 3 + k] = (color ? color[k] : samples[pixel * channels + (channels > 2 ? k : 0)]) * scale;
    }
  }
  return { height, width, values };
}

/**
 * Reads an annotation: the palette *index* or gray value of a pixel is its class.
 * @throws FormatError for a truncated or corrupt file, and for one with true colors, which name no class
 */
export function decodeLabelPng(bytes: Uint8Array, file: string): Annotation {
  const png = decodePng(bytes, file);
  if (png.channels !== 1 || png.depth === 16) {
    throw new FormatError({
      file,
      offset: 24,
      expected: "a palette or gray PNG of at most 8 bits, whose index is the class",
      got: `${png.channels} channels of ${png.depth} bits`,
      remedy: "save the annotation as indexed color",
    });
  }
  const palette = png.palette?.map(([red, green, blue]): Color => [red, green, blue]);
  return { height: png.height, width: png.width, labels: Uint8Array.from(unpack(png)), palette };
}

/** Writes `[height, width, 3]`, 0…255, as an RGB PNG. */
export function encodeRgbPng(height: number, width: number, rgb: Uint8Array): Uint8Array {
  return encode({ width, height, data: rgb, channels: 3, depth: 8 });
}

/** Writes a label map as a palette PNG whose index is the class; PASCAL VOC's colors where it has none of its own. */
export function encodeLabelPng({ height, width, labels, palette }: Annotation): Uint8Array {
  const colors = vocPalette();
  palette?.forEach((color, label) => (colors[label] = color));
  return encode({ width, height, data: labels, channels: 1, depth: 8, palette: colors.map((color) => [...color]) });
}

function decodePng(bytes: Uint8Array, file: string): DecodedPng & Pick<SoundPng, "pixels"> {
  const remedy = "the file is damaged: write it again";
  if (!isPng(bytes)) throw new FormatError({ file, offset: 0, expected: "a PNG file", got: "something else", remedy });
  const { bytes: sound, pixels } = soundPng(bytes, file);
  try {
    return { ...decode(sound), pixels };
  } catch (cause) {
    const got = (cause as Error).message.replace(/[\s:.]+$/, "");
    throw new FormatError({ file, offset: pixels, expected: "pixels that can be decoded", got, remedy }, { cause });
  }
}

/** One sample an element, where the file packs two, four or eight into a byte. */
function unpack({ width, height, channels, depth, data }: DecodedPng): Uint8Array | Uint8ClampedArray | Uint16Array {
  if (depth >= 8) return data;
  const samples = new Uint8Array(width * height * channels);
  const rowSamples = width * channels;
  const rowBytes = Math.ceil((rowSamples * depth) / 8);
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % rowSamples) * depth;
    const byte = data[Math.floor(i / rowSamples) * rowBytes + (bit >> 3)];
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}

function outsidePalette(file: string, offset: number, index: number, size: number): FormatError {
  const expected = `palette indices below ${size} in the pixels compressed from here on`;
  return new FormatError({ file, offset, expected, got: `${index}`, remedy: "save it again" });
}
