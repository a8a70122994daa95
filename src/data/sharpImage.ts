import { freePixelBytes, structurePerByte } from "../budget.ts";
import { FormatError } from "../errors.ts";
import type { Image } from "./image.ts";
import { maximumPixels, tooLarge } from "./labels.ts";
import { upright } from "./orientation.ts";
import { loadSharp } from "./sharp.ts";

/** What sharp decodes besides JPEGs. */
export type Kind = "WebP" | "TIFF";

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const signatures: Readonly<Record<Kind, readonly (readonly (number | undefined)[])[]>> = {
  WebP: [[...ascii("RIFF"), undefined, undefined, undefined, undefined, ...ascii("WEBP")]],
  // In the order of bytes of Intel's and of Motorola's processors, of 32 bits and of 64.
  TIFF: [
    [0x49, 0x49, 42, 0],
    [0x4d, 0x4d, 0, 42],
    [0x49, 0x49, 43, 0],
    [0x4d, 0x4d, 0, 43],
  ],
};

/** Tells WebP and TIFF by a file's first bytes. */
export const kindOfImage = (bytes: Uint8Array): Kind | undefined =>
  (Object.keys(signatures) as Kind[]).find((kind) =>
    signatures[kind].some((signature) => signature.every((byte, i) => byte === undefined || bytes[i] === byte)),
  );

/**
 * Decodes a WebP or a TIFF of 8 or 16 bits, as it is stored: no color management, 16-bit samples keep their fraction of 0…255,
 * transparency is dropped, and of several pages there is the first. The EXIF orientation is told, not applied.
 * @throws FormatError
 */
export async function decodeBySharp(bytes: Uint8Array, file: string, kind: Kind) {
  const sharp = await loadSharp(file, `decodes JPEG, WebP and TIFF (PNGs need none)`);
  const open = () => sharp(bytes, { failOn: "warning", ignoreIcc: true, limitInputPixels: false });
  try {
    const { width, height, orientation = upright, depth, pages = 1 } = await open().metadata();
    checkSize(bytes, file, width, height);
    if (depth !== "uchar" && depth !== "ushort") {
      const remedy = "save it with 8 or 16 bits, or as .npy of 0…255";
      throw new FormatError({ file, expected: `a ${kind} of 8 or 16 bits`, got: `samples of type ${depth}`, remedy });
    }
    const wide = depth === "ushort";
    const { data, info } = await open()
      .toColorspace(wide ? "rgb16" : "srgb")
      .raw({ depth })
      .toBuffer({ resolveWithObject: true });
    const samples = wide ? new Uint16Array(new Uint8Array(data).buffer) : data;
    const { channels } = info;
    const values = new Float32Array(width * height * 3);
    for (let i = 0; i < values.length; i++) {
      const sample = samples[Math.floor(i / 3) * channels + (channels < 3 ? 0 : i % 3)]!;
      values[i] = wide ? sample / 257 : sample;
    }
    const image: Image = { height, width, values };
    return { ...image, orientation, notes: pages > 1 ? [`the first of its ${pages} pages`] : [] };
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const got = (cause as Error).message.split("\n")[0]!;
    throw new FormatError(
      { file, expected: `a ${kind} that can be decoded`, got, remedy: "write it again" },
      { cause },
    );
  }
}

/** @throws FormatError for more pixels than any image may have, or than a file of this size has */
function checkSize(bytes: Uint8Array, file: string, width: number, height: number): void {
  const declared = 3 * width * height;
  if (width * height > maximumPixels) {
    throw new FormatError({
      file,
      expected: `1 to ${maximumPixels} pixels`,
      got: `${width}×${height}`,
      remedy: tooLarge,
    });
  }
  if (declared <= Math.max(freePixelBytes, structurePerByte * bytes.length)) return;
  throw new FormatError({
    file,
    expected: `pixels of at most ${freePixelBytes} bytes, or ${structurePerByte} times the file's size`,
    got: `${declared}`,
    remedy: "scale the image down, or save it with less compression",
  });
}
