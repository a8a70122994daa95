import { Budget, costs, structurePerByte, freePixelBytes } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";
import { crc32 } from "./crc32.ts";
import { concatenate, inflate } from "./inflate.ts";
import { maximumPixels, tooLarge } from "./labels.ts";

/** Samples in a pixel, and the depths allowed, by PNG's color type; the palette's index is one sample. */
const colorTypes: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const indexed = 3;

/** First column and row, and step between them, of Adam7's seven passes. */
export const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

const kept = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

/** A PNG that was checked completely, so that a decoder can trust it. */
export interface SoundPng {
  /** The file with the chunks alone that make up its pixels. */
  readonly bytes: Uint8Array;
  /** The position in the original file at which the pixels begin: the first IDAT. */
  readonly pixels: number;
  /**
   * For interlaced pixels of less than a byte: what they inflate to, rows behind the bytes of their filters, with those
   * of Adam7's passes one after the other.
   */
  readonly passes?: Uint8Array;
  /** EXIF data (eXIf), where the file has some. */
  readonly exif?: { readonly offset: number; readonly data: Uint8Array };
}

type Fail = (offset: number, expected: string, got: string | number, remedy?: string) => never;

/**
 * Proves a PNG: chunks whole and with their checksums, a header and a palette that are allowed, and compressed data that
 * inflate to exactly the bytes that the header declares, with a known filter in each row (PNG third edition, Sections 5, 7
 * to 9 and 11). A decoder that trusts the file is safe with what is left, and has nothing to say that we could not place.
 * @throws FormatError with the byte
 */
export function soundPng(bytes: Uint8Array, file: string): SoundPng {
  const fail: Fail = (offset, expected, got, remedy = "the file is damaged: write it again") => {
    throw new FormatError({ file, offset, expected, got: `${got}`, remedy });
  };
  const chunks = readChunks(bytes, file, fail);
  const header = readHeader(bytes, chunks[0]!, fail);
  const exif = chunks.find(({ type }) => type === "eXIf");
  for (const chunk of chunks) if (kept.has(chunk.type) || chunk === exif) checkChecksum(bytes, chunk, fail);
  const data = chunks.filter(({ type }) => type === "IDAT");
  if (data.length === 0) fail(chunks[0]!.end, "compressed pixels (IDAT)", "none");
  const pixels = data[0]!.start;
  const palettes = chunks.filter(({ type }) => type === "PLTE");
  if (header.color === indexed) checkPalette(palettes, pixels, fail);
  else if (palettes.length > 0 && header.channels < 3) fail(palettes[0]!.start, "no palette beside gray", "one");

  const compressed = concatenate(data.map(({ start, end }) => bytes.subarray(start + 8, end - 4)));
  const rows = rowsOf(header);
  const declared = rows.reduce((total, { count, length }) => total + count * length, 0);
  if (declared > Math.max(freePixelBytes, structurePerByte * bytes.length)) {
    const expected = `pixels of at most ${freePixelBytes} bytes, or ${structurePerByte} times the file's size`;
    const remedy = "scale the image down, or save it with less compression";
    throw new FormatError({ file, offset: 16, expected, got: `${declared}`, remedy });
  }
  const inflated = inflate(compressed, declared, { file, offset: (position) => placeOf(position, data) });
  if (inflated.length !== declared) {
    fail(pixels, `${declared} bytes for ${header.width}×${header.height} pixels`, inflated.length);
  }
  let position = 0;
  for (const { count, length } of rows) {
    for (let row = 0; row < count; row++, position += length) {
      if (inflated[position]! > 4) fail(pixels, `filters 0…4 in the rows compressed from here on`, inflated[position]!);
    }
  }
  // A palette beside true colors is a suggestion for screens, and no part of the pixels.
  const parts = chunks.filter(({ type }) => kept.has(type) && (type !== "PLTE" || header.color === indexed));
  const whole = concatenate([bytes.subarray(0, 8), ...parts.map(({ start, end }) => bytes.subarray(start, end))]);
  return {
    bytes: whole,
    pixels,
    passes: header.interlaced && header.bits < 8 ? inflated : undefined,
    exif: exif && { offset: exif.start, data: bytes.subarray(exif.start + 8, exif.end - 4) },
  };
}

interface Chunk {
  readonly type: string;
  /** The bytes of the chunk, from its length to the end of its checksum. */
  readonly start: number;
  readonly end: number;
}

function readChunks(bytes: Uint8Array, file: string, fail: Fail): Chunk[] {
  const chunks: Chunk[] = [];
  const budget = new Budget(file, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 8; chunks.at(-1)?.type !== "IEND"; start = chunks.at(-1)!.end) {
    budget.spend(costs.object, start);
    const rest = bytes.length - start;
    const length = rest < 12 ? 0 : view.getUint32(start);
    if (rest < 12 + length) {
      const got = rest < 12 ? `the end of the file after ${rest}` : `${length} declared of ${rest - 12}`;
      const remedy = "the file is truncated: write it again";
      throw new FormatError({ file, offset: start, expected: "a chunk of at least 12 bytes, whole", got, remedy });
    }
    const end = start + 12 + length;
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    if (!kept.has(type) && /^[A-Z]/.test(type))
      fail(start + 4, "IHDR, PLTE, IDAT or IEND", `critical chunk ${printable(type)}`);
    if (type === "IHDR" && chunks.length > 0) fail(start, "one header", "a second");
    chunks.push({ type, start, end });
  }
  return chunks;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly color: number;
  readonly channels: number;
  /** The number of bits in a pixel. */
  readonly bits: number;
  readonly interlaced: boolean;
}

function readHeader(bytes: Uint8Array, { type, start, end }: Chunk, fail: Fail): Header {
  if (type !== "IHDR" || end - start !== 25) fail(8, "the header, 13 bytes", type);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + 8, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, color, compression] = [view.getUint8(8), view.getUint8(9), view.getUint8(10)];
  const [filter, interlace] = [view.getUint8(11), view.getUint8(12)];
  if (!(width > 0 && height > 0 && width * height <= maximumPixels)) {
    const remedy = width > 0 && height > 0 ? tooLarge : undefined;
    fail(16, `1 to ${maximumPixels} pixels`, `${width}×${height}`, remedy);
  }
  if (!Object.hasOwn(colorTypes, color)) fail(25, "a color type of 0, 2, 3, 4 or 6", color);
  const { channels, depths } = colorTypes[color]!;
  if (!depths.includes(depth)) fail(24, `a depth of ${depths.join(", ")} bits for color type ${color}`, depth);
  if (compression !== 0) fail(26, "compression method 0", compression);
  if (filter !== 0) fail(27, "filter method 0", filter);
  if (interlace > 1) fail(28, "interlace 0 or 1", interlace);
  return { width, height, color, channels, bits: depth * channels, interlaced: interlace === 1 };
}

function checkPalette(palettes: readonly Chunk[], pixels: number, fail: Fail): void {
  const [palette, second] = palettes;
  if (!palette || palette.start > pixels) fail(pixels, "a palette (PLTE) before the pixels", "none");
  if (second) fail(second.start, "one palette", "a second");
  const length = palette.end - palette.start - 12;
  if (length % 3 !== 0 || length === 0 || length > 768)
    fail(palette.start, "1 to 256 colors of 3 bytes", `${length} bytes`);
}

/** Rows of one length, each with its filter's byte before it; those of the seven passes one after the other. */
function rowsOf({ width, height, bits, interlaced }: Header): { readonly count: number; readonly length: number }[] {
  const rows = (columns: number, count: number) => ({
    count: columns > 0 ? Math.max(0, count) : 0,
    length: 1 + Math.ceil((columns * bits) / 8),
  });
  if (!interlaced) return [rows(width, height)];
  return passes.map(([x, y, stepX, stepY]) => rows(Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)));
}

/** Returns the position in the file of a byte of the compressed stream, which runs through several chunks. */
function placeOf(position: number, data: readonly Chunk[]): number {
  let rest = position;
  for (const { start, end } of data) {
    if (rest < end - start - 12) return start + 8 + rest;
    rest -= end - start - 12;
  }
  return data.at(-1)!.end - 4;
}

/** CRC-32 of type and data (PNG third edition, Annex D). fast-png would compare it as well, but does not say where. */
function checkChecksum(bytes: Uint8Array, { type, start, end }: Chunk, fail: Fail): void {
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end - 4, 4).getUint32(0);
  if (crc32(bytes.subarray(start + 4, end - 4)) !== stored) {
    fail(end - 4, `the checksum of the chunk ${type} at byte ${start}`, "another one");
  }
}
