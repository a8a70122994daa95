import { findSegment, isFrame, isScan } from "./jpegMarkers.ts";
import { maximumPixels } from "./labels.ts";

/** libvips decodes so many rows at a time. */
const strip = 8;

/** A JPEG that says that it has more rows than it has. */
export interface TallerJpeg {
  readonly bytes: Uint8Array;
  /** The height that it has. */
  readonly height: number;
  /** Whether its first rows are those of the file to the bit. */
  readonly exact: boolean;
}

/**
 * The file with a height that makes libvips begin a further strip of rows. libvips looks at libjpeg's warnings before each strip,
 * and so never at those of the last one: pixels that are missing there would be made up without a word. The further strip's own
 * rows are made up as well, which nobody looks at. Undefined where warnings come in time: scans that are decoded before the first
 * row (progressive, or one a component), and rows of blocks that reach further than the strip or are decoded ahead.
 */
export function withRowsToSpare(bytes: Uint8Array): TallerJpeg | undefined {
  const frame = findSegment(bytes, isFrame);
  const scan = findSegment(bytes, isScan);
  if (!frame || !scan || frame.body.length < 9 || scan.body[0] !== frame.body[5] || progressive.includes(frame.code)) {
    return undefined;
  }
  const { body, offset } = frame;
  const [height, width] = [body[1]! * 256 + body[2]!, body[3]! * 256 + body[4]!];
  const taller = strip * Math.ceil(height / strip) + 1;
  if (height * width === 0 || height * width > maximumPixels || taller > 0xffff) return undefined;
  const alone = body[5] === 1;
  const factors = [...body.filter((_, i) => i >= 7 && i % 3 === 1)];
  const sampling = alone ? 1 : Math.max(...factors.map((factor) => factor & 15));
  const lastRows = ((height - 1) % (8 * sampling)) + 1;
  // Where chroma is halved both ways, its rows are interpolated with the next ones, for which those are decoded ahead.
  const ahead = `${factors}` === "34,17,17" && width > 8 && height > 16;
  if (sampling > 1 && (lastRows > strip || ahead)) return undefined;
  const changed = bytes.slice();
  changed.set([taller >> 8, taller & 255], offset + 1);
  // The factors of a lone component say nothing, but libjpeg decodes by them.
  if (alone) changed[offset + 7] = 0x11;
  return { bytes: changed, height, exact: sampling === 1 };
}

const progressive = [0xc2, 0xca];
