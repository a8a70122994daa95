import type Sharp from "sharp";
import { FormatError } from "../errors.ts";
import { freePixelBytes, structurePerByte } from "../budget.ts";
import type { Image } from "./image.ts";
import { findJpegFault, findSegment, isFrame, isJpeg } from "./jpegMarkers.ts";
import { withRowsToSpare } from "./jpegRows.ts";
import { mendings } from "./jpegWarnings.ts";
import { maximumPixels } from "./labels.ts";
import { decodeNpy } from "./npy.ts";
import { readOrientation, startsWithExif, turnUpright, upright } from "./orientation.ts";
import { decodeRgbPng, isPng } from "./png.ts";
import { loadSharp } from "./sharp.ts";
import { decodeBySharp, kindOfImage } from "./sharpImage.ts";

/** An image as it was read from a file, turned as its camera said. */
export interface Photograph extends Image {
  /** The EXIF orientation that was applied, 1…8; 1 where the pixels are as stored. */
  readonly orientation: number;
  /** Notes for whoever reads the numbers: that the pixels were turned, that the file has flaws which cost no pixel. */
  readonly notes: readonly string[];
}

/** An image as it is stored. */
interface Stored extends Image {
  readonly orientation: number;
  readonly notes?: readonly string[];
}

/**
 * Reads a PNG, a JPEG, a WebP, a TIFF or a `.npy` array `[height, width, 3]`, told apart by their first bytes.
 * Samples come as stored, without color management, those of 16 bits as fractions of 0…255. One with an EXIF orientation is turned as that says, so that it has
 * the height, the width and the pixels that viewers show, on which masks and logits are made; `notes` say so. A JPEG over which
 * libjpeg warns is read, with a note, if no pixel is in doubt; one that lacks pixels is refused. All but PNGs and arrays need
 * the package `sharp`.
 * @throws FormatError for anything else, and for files that are truncated, corrupt or of size zero
 */
export async function decodeImage(bytes: Uint8Array, file: string): Promise<Photograph> {
  const { orientation, notes = [], ...stored } = await decodeStored(bytes, file);
  const turned = orientation === upright ? [] : [`turned as its EXIF orientation, ${orientation}, says`];
  return { ...turnUpright(stored, orientation), orientation, notes: [...turned, ...notes] };
}

async function decodeStored(bytes: Uint8Array, file: string): Promise<Stored> {
  if (isPng(bytes)) return decodeRgbPng(bytes, file);
  if (isJpeg(bytes)) return decodeJpeg(bytes, file);
  if (bytes[0] === 0x93) return { ...decodeArray(bytes, file), orientation: upright };
  const kind = kindOfImage(bytes);
  if (kind) return decodeBySharp(bytes, file, kind);
  throw new FormatError({
    file,
    offset: 0,
    expected: "a PNG, a JPEG, a WebP, a TIFF or a .npy array [height, width, 3]",
    got: bytes.length === 0 ? "an empty file" : "another format",
    remedy: "convert the image to PNG",
  });
}

function decodeArray(bytes: Uint8Array, file: string): Image {
  const { shape, data } = decodeNpy(bytes, file);
  const [height = 0, width = 0, channels] = shape;
  if (shape.length === 3 && channels === 3 && height * width > 0) {
    return { height, width, values: Float32Array.from(data) };
  }
  const got = `shape [${shape.join(", ")}]`;
  throw new FormatError({ file, expected: "an image [height, width, 3]", got, remedy: shapeRemedy(shape) });
}

/** Conditions for an array of this shape to be an image of three channels. */
function shapeRemedy(shape: readonly number[]): string {
  if (shape.length === 2) return "repeat the one channel three times: numpy.stack([x, x, x], axis=-1)";
  if (shape.length === 4 && shape[0] === 1) return "save image[0]";
  if (shape.length !== 3) return "save one image of three channels";
  if (shape[2] === 1) return "repeat the one channel three times: numpy.repeat(x, 3, axis=-1)";
  if (shape[0] === 3) return "put the channels last: numpy.moveaxis(x, 0, -1)";
  if (shape[2]! < 3) return "save three channels, the last axis";
  // As many channels are those of few pictures, and rows of slices those of any volume.
  const volume = shape[2]! > 16 ? ", or give a volume to crf-rnn refine as --volume" : "";
  return `choose three of the channels: x[:, :, :3]${volume}`;
}

/** The most ways of mending a file that are tried. Each decodes it again. */
const maximumMendings = 8;

/** @throws FormatError for more pixels than a file of this size has: a few bytes may declare gigabytes of one color */
function checkJpegSize(bytes: Uint8Array, file: string): void {
  const frame = findSegment(bytes, isFrame);
  if (!frame) return;
  const [, heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0] = frame.body;
  const pixels = (heightHigh * 256 + heightLow) * (widthHigh * 256 + widthLow);
  const declared = 3 * pixels;
  // More pixels than any image may have are reported with the file's other faults.
  if (pixels > maximumPixels || declared <= Math.max(freePixelBytes, structurePerByte * bytes.length)) return;
  throw new FormatError({
    file,
    offset: frame.offset + 1,
    expected: `pixels of at most ${freePixelBytes} bytes, or ${structurePerByte} times the file's size`,
    got: `${declared}`,
    remedy: "scale the image down, or save it with less compression",
  });
}

async function decodeJpeg(bytes: Uint8Array, file: string): Promise<Stored> {
  checkJpegSize(bytes, file);
  const exif = findSegment(bytes, ({ code, body }) => code === 0xe1 && startsWithExif(body));
  const orientation = exif ? readOrientation(exif.body) : upright;
  const sharp = await loadSharp(file, "decodes JPEGs (PNGs need none)"); // If it is missing, that is the fault, and not the file.
  const first = await decodeFlawless(sharp, bytes);
  if (!(first instanceof Error)) return { ...first, orientation };
  const mended = await decodeMended(sharp, bytes, first.message);
  if (mended) {
    return { ...mended, orientation, notes: [`libjpeg made no pixel up, but warns: ${reasonOf(first)}`] };
  }
  const fault = findJpegFault(bytes);
  const remedy = "the file is damaged: write it again";
  if ("expected" in fault) throw new FormatError({ file, ...fault, remedy: fault.remedy ?? remedy }, { cause: first });
  const expected = "compressed pixels from here on that can be decoded";
  throw new FormatError(
    { file, offset: fault.pixels, expected, got: first.message.split("\n")[0]!, remedy },
    { cause: first },
  );
}

/** Decodes a JPEG of which libjpeg has nothing to say. What it merely warns of, it may have made up: pixels that the file lacks. */
async function decodeFlawless(sharp: typeof Sharp, bytes: Uint8Array): Promise<Image | Error> {
  try {
    const taller = withRowsToSpare(bytes);
    if (!taller) return await decodeRows(sharp, bytes);
    const decoded = await decodeRows(sharp, taller.bytes, taller.height);
    return taller.exact ? decoded : await decodeRows(sharp, bytes);
  } catch (error) {
    return error as Error;
  }
}

/** The first `rows` of a JPEG, by default all. @throws Error with libjpeg's words, be it a mere warning */
async function decodeRows(sharp: typeof Sharp, bytes: Uint8Array, rows?: number): Promise<Image> {
  const { data, info } = await sharp(bytes, {
    failOn: "warning",
    ignoreIcc: true,
    limitInputPixels: rows === undefined && maximumPixels,
  })
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, channels } = info;
  const height = rows ?? info.height;
  const values = new Float32Array(width * height * 3);
  for (let i = 0; i < values.length; i++) {
    values[i] = channels < 3 ? data[Math.floor(i / 3) * channels]! : data[Math.floor(i / 3) * channels + (i % 3)]!;
  }
  return { height, width, values };
}

/**
 * Decodes a JPEG without what libjpeg warns of, one thing after the other: it tells the first alone. If nothing is left to warn of
 * in the end, each pixel is in the file.
 */
async function decodeMended(
  sharp: typeof Sharp,
  bytes: Uint8Array,
  warning: string,
  budget = { left: maximumMendings },
): Promise<Image | undefined> {
  for (const mended of mendings(bytes, warning)) {
    if (budget.left-- <= 0) return undefined;
    const outcome = await decodeFlawless(sharp, mended);
    if (!(outcome instanceof Error)) return outcome;
    // The same warning: something else was taken away than what it is about.
    const decoded =
      outcome.message === warning ? undefined : await decodeMended(sharp, mended, outcome.message, budget);
    if (decoded) return decoded;
  }
  return undefined;
}

/** libjpeg's words without sharp's and its own preface. */
const reasonOf = ({ message }: Error): string =>
  message.split("\n")[0]!.replace(/^VipsJpeg: (?:Corrupt JPEG data: |Warning: )?/, "");
