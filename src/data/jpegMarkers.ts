import { maximumPixels, tooLarge } from "./labels.ts";

/** A fault in a file, and the byte at which it is. */
export interface Fault {
  readonly offset: number;
  readonly expected: string;
  readonly got: string;
  /** The remedy, if it is not to write a damaged file again. */
  readonly remedy?: string;
}

const names: Readonly<Record<number, string>> = { 0xc4: "DHT", 0xda: "SOS", 0xdb: "DQT", 0xdd: "DRI" };
const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Baseline, extended and progressive, with Huffman or arithmetic coding. */
const frames = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];
const unreadableFrames = [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf];

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === startOfImage;
}

/** A part of a JPEG between two markers. */
export interface Segment {
  readonly code: number;
  /** The position at which its marker begins. */
  readonly start: number;
  /** The bytes that follow its length. */
  readonly body: Uint8Array;
  /** The position at which `body` begins. */
  readonly offset: number;
}

export const isFrame = ({ code }: Pick<Segment, "code">): boolean => frames.includes(code);

export const isScan = ({ code }: Pick<Segment, "code">): boolean => code === startOfScan;

/**
 * Finds where a JPEG breaks off or goes wrong (ITU-T T.81, Annex B): markers, lengths, the frame's size, the tables of
 * quantization and of Huffman codes, and the scans up to their last byte. Codes inside a scan are the decoder's, which tells
 * no place: of those only the end is found here. To be asked once a decoder has refused the file.
 *
 * @returns the first fault, or where the compressed pixels begin if all else is in order
 */
export function findJpegFault(bytes: Uint8Array): Fault | { readonly pixels: number } {
  let pixels: number | undefined;
  let frame: Segment | undefined;
  for (let position = 2; ;) {
    const marker = findMarker(bytes, position);
    if ("expected" in marker) return marker;
    if (marker.code === endOfImage) {
      return pixels === undefined
        ? { offset: marker.start, expected: "a scan (SOS)", got: "the end of the image" }
        : { pixels };
    }
    const segment = readSegment(bytes, marker);
    if ("expected" in segment) return segment;
    const fault = faultIn(segment, frame);
    if (fault) return fault;
    if (isFrame(segment)) frame = segment;
    position = segment.offset + segment.body.length;
    if (segment.code !== startOfScan) continue;
    pixels ??= position;
    position = skipScan(bytes, position);
  }
}

/** The markers that libjpeg comes upon, which passes over whatever else stands where one should. Restarts have an empty body. */
export function* markersOf(bytes: Uint8Array, { restarts = true } = {}): Generator<Segment> {
  let start = 2;
  while ((start = nextMarker(bytes, start, restarts)) < bytes.length) {
    const code = bytes[start + 1]!;
    const hasLength = code >= 0xc0 && !isRestart(code) && code !== startOfImage && code !== endOfImage;
    const length = hasLength && start + 4 <= bytes.length ? bytes[start + 2]! * 256 + bytes[start + 3]! : 0;
    const offset = start + (hasLength ? 4 : 2);
    const body = bytes.subarray(offset, Math.max(offset, start + 2 + length));
    yield { code, start, body, offset };
    start = offset + body.length;
  }
}

/**
 * Returns the position of the next marker, behind zeros that are stuffed into data and bytes that fill, or the end of
 * the file if there is none.
 */
function nextMarker(bytes: Uint8Array, from: number, restarts: boolean): number {
  for (let at = from; at + 1 < bytes.length;) {
    if (bytes[at] !== 0xff) {
      at = bytes.indexOf(0xff, at);
      if (at < 0) break;
      continue;
    }
    const code = bytes[at + 1]!;
    if (code !== 0 && code !== 0xff && (restarts || !isRestart(code))) return at;
    at += code === 0xff ? 1 : 2;
  }
  return bytes.length;
}

/** The first segment before the pixels that `wanted` takes. */
export function findSegment(bytes: Uint8Array, wanted: (segment: Segment) => boolean): Segment | undefined {
  for (const segment of markersOf(bytes, { restarts: false })) {
    if (wanted(segment)) return segment;
    if (segment.code === startOfScan) return undefined;
  }
  return undefined;
}

function findMarker(bytes: Uint8Array, position: number): Pick<Segment, "code" | "start"> | Fault {
  // Any number of 0xff may stand before a marker's code.
  let at = position;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
  if (at + 1 >= bytes.length) return { offset: bytes.length, expected: "a marker", got: "the end of the file" };
  const code = bytes[at + 1]!;
  const isMarker = bytes[at] === 0xff && code >= 0xc0 && code < 0xff;
  if (isMarker && code !== startOfImage && !isRestart(code)) return { code, start: at };
  return { offset: at, expected: "a marker", got: hex(bytes[at]!, code) };
}

function readSegment(bytes: Uint8Array, { code, start }: Pick<Segment, "code" | "start">): Segment | Fault {
  const at = start + 2;
  const length = at + 2 <= bytes.length ? bytes[at]! * 256 + bytes[at + 1]! : 2;
  if (length < 2) return { offset: at, expected: "a segment's length, 2 or more", got: `${length}` };
  if (at + 2 > bytes.length || at + length > bytes.length) {
    const expected = `${length} bytes of the segment ${name(code)} from byte ${at} on`;
    return { offset: bytes.length, expected, got: "the end of the file" };
  }
  return { code, start, body: bytes.subarray(at + 2, at + length), offset: at + 2 };
}

/**
 * Returns the position at which the compressed data end: at a marker that is neither a stuffed zero nor a restart, or
 * at the end of the file.
 */
function skipScan(bytes: Uint8Array, position: number): number {
  for (let at = position; ; at += 2) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    if (at + 1 < bytes.length && bytes[at + 1] !== 0 && !isRestart(bytes[at + 1]!)) return at;
  }
}

function faultIn(segment: Segment, frame: Segment | undefined): Fault | undefined {
  const { code, start, body, offset } = segment;
  if (unreadableFrames.includes(code)) {
    return { offset: start, expected: "a baseline or progressive frame", got: name(code) };
  }
  if (isFrame(segment)) return faultInFrame(segment, frame);
  if (code === 0xdb)
    return faultInTables(segment, (head) => ((head & 15) > 3 || head > 31 ? undefined : head < 16 ? 64 : 128));
  if (code === 0xc4) {
    return faultInTables(segment, (head, at) => {
      const count = body.subarray(at + 1, at + 17).reduce((sum, codes) => sum + codes, 0);
      return (head & 15) > 3 || head > 31 || count > 256 ? undefined : 16 + count;
    });
  }
  if (code !== startOfScan) return undefined;
  if (!frame) return { offset: start, expected: "a frame (SOF) before the scan", got: "none" };
  const known = frame.body.filter((_, i) => i >= 6 && i % 3 === 0);
  if (body.length < 4 || body[0]! < 1 || body[0]! > 4 || body.length !== 4 + 2 * body[0]!) {
    return { offset, expected: "a scan of 1 to 4 components", got: `${body[0]} in ${body.length} bytes` };
  }
  for (let i = 1; i <= 2 * body[0]!; i += 2) {
    if (!known.includes(body[i]!))
      return { offset: offset + i, expected: `a component of ${known.join()}`, got: `${body[i]}` };
  }
  return undefined;
}

function faultInFrame({ start, body, offset }: Segment, former: Segment | undefined): Fault | undefined {
  if (former) return { offset: start, expected: "one frame", got: "a second" };
  if (body.length < 6 || body.length !== 6 + 3 * body[5]!) {
    return { offset, expected: "a frame of 6 bytes and 3 a component", got: `${body.length} bytes` };
  }
  const [height, width] = [body[1]! * 256 + body[2]!, body[3]! * 256 + body[4]!];
  if (height * width > 0 && height * width <= maximumPixels) return undefined;
  const remedy = height * width > 0 ? tooLarge : undefined;
  return { offset: offset + 1, expected: `1 to ${maximumPixels} pixels`, got: `${width}×${height}`, remedy };
}

/**
 * Walks through tables that follow one another, each a byte of kind and number and then as many bytes as `size` says.
 * `size` returns undefined for a table that is not allowed.
 */
function faultInTables(
  { code, body, offset }: Segment,
  size: (head: number, at: number) => number | undefined,
): Fault | undefined {
  for (let at = 0; at < body.length;) {
    const length = size(body[at]!, at);
    if (length === undefined || at + 1 + length > body.length) {
      const got = length === undefined ? hex(body[at]!) : `${1 + length} bytes where ${body.length - at} are left`;
      return { offset: offset + at, expected: `a table of the segment ${name(code)}`, got };
    }
    at += 1 + length;
  }
  return undefined;
}

const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;
const hex = (...bytes: number[]): string => bytes.map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ");
const name = (code: number): string => names[code] ?? hex(0xff, code);
