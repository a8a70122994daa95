import { FormatError } from "../errors.ts";
import { concatenate, inflate } from "./inflate.ts";
import { maximumPixels } from "./labels.ts";

/** Samples in a pixel by PNG's color type; the palette's index is one. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** First column and row, and step between them, of Adam7's seven passes. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

const kept = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

/**
 * The same PNG with the chunks alone that make up its pixels, after proof that its compressed data inflate to exactly the
 * bytes that its header declares (PNG third edition, Sections 5, 7 and 8): a decoder that trusts the file is safe with it.
 * @throws FormatError with the byte for chunks that do not fit the file, no or too many pixels, and data of another size
 */
export function soundPng(bytes: Uint8Array, file: string): Uint8Array {
  const chunks = readChunks(bytes, file);
  const fail = (offset: number, expected: string, got: string): never => {
    throw new FormatError({ file, offset, expected, got, remedy: "the file is damaged: write it again" });
  };
  const [header] = chunks;
  if (header?.type !== "IHDR" || header.end - header.start !== 25)
    fail(8, "the header, 13 bytes", header?.type ?? "the end");
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.start + 8, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, color, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)];
  if (!(width > 0 && height > 0 && width * height <= maximumPixels)) {
    fail(16, `1 to ${maximumPixels} pixels`, `${width}×${height}`);
  }
  if (![1, 2, 4, 8, 16].includes(depth)) fail(24, "a depth of 1, 2, 4, 8 or 16 bits", `${depth}`);
  if (!(color in channelsOf)) fail(25, "a color type of 0, 2, 3, 4 or 6", `${color}`);
  if (interlace > 1) fail(28, "interlace 0 or 1", `${interlace}`);

  const data = chunks.filter(({ type }) => type === "IDAT");
  if (data.length === 0) fail(header.end, "compressed pixels (IDAT)", "none");
  const compressed = concatenate(data.map(({ start, end }) => bytes.subarray(start + 8, end - 4)));
  const declared = inflatedSize(width, height, depth * channelsOf[color], interlace === 1);
  const inflated = inflate(compressed, declared, { file, offset: data[0].start + 8 }).length;
  if (inflated !== declared) fail(data[0].start, `${declared} bytes for ${width}×${height} pixels`, `${inflated}`);
  const critical = chunks.filter(({ type }) => kept.has(type));
  return concatenate([bytes.subarray(0, 8), ...critical.map(({ start, end }) => bytes.subarray(start, end))]);
}

interface Chunk {
  readonly type: string;
  /** From its length to behind its checksum. */
  readonly start: number;
  readonly end: number;
}

function readChunks(bytes: Uint8Array, file: string): Chunk[] {
  const chunks: Chunk[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 8; chunks.at(-1)?.type !== "IEND"; start = chunks.at(-1)!.end) {
    const rest = bytes.length - start;
    const length = rest < 12 ? 0 : view.getUint32(start);
    if (rest < 12 + length) {
      const got = rest < 12 ? `the end of the file after ${rest}` : `${length} declared of ${rest - 12}`;
      const remedy = "the file is truncated: write it again";
      throw new FormatError({ file, offset: start, expected: "a chunk of at least 12 bytes, whole", got, remedy });
    }
    const type = String.fromCharCode(...bytes.subarray(start + 4, start + 8));
    if (!kept.has(type) && /^[A-Z]/.test(type)) {
      throw new FormatError({
        file,
        offset: start + 4,
        expected: "IHDR, PLTE, IDAT or IEND",
        got: `critical chunk ${type}`,
      });
    }
    chunks.push({ type, start, end: start + 12 + length });
  }
  return chunks;
}

/** Bytes of all rows, each with its filter's byte before it. */
function inflatedSize(width: number, height: number, bits: number, interlaced: boolean): number {
  const rows = (columns: number, count: number): number =>
    columns > 0 ? count * (1 + Math.ceil((columns * bits) / 8)) : 0;
  if (!interlaced) return rows(width, height);
  return passes.reduce((total, [x, y, stepX, stepY]) => {
    return total + rows(Math.ceil((width - x) / stepX), Math.max(0, Math.ceil((height - y) / stepY)));
  }, 0);
}
