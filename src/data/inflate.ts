import { Unzlib } from "fflate";
import { FormatError } from "../errors.ts";

/** The place of a compressed stream: its file, and the position in the file of each byte of the stream. */
export interface StreamPlace {
  readonly file: string;
  offset(position: number): number;
}

/** How many compressed bytes are inflated at a time. They become at most four megabytes before the limit is checked. */
const step = 4096;

/**
 * Inflates one whole zlib stream, header to checksum. Stops as soon as more than `most` bytes have come out, so that a few
 * bytes cannot fill the memory.
 * @throws FormatError for more than `most` bytes, a damaged or truncated stream, or a checksum that differs
 */
export function inflate(bytes: Uint8Array, most: number, { file, offset }: StreamPlace): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Unzlib((part) => {
    parts.push(part);
    size += part.length;
  });
  for (let at = 0; at < bytes.length || at === 0; at += step) {
    try {
      stream.push(bytes.subarray(at, at + step), at + step >= bytes.length);
    } catch (error) {
      throw new FormatError(
        {
          file,
          offset: offset(at),
          expected: "a whole zlib stream",
          got: (error as Error).message,
          remedy: "the file is damaged: fetch it again",
        },
        { cause: error },
      );
    }
    if (size > most) {
      throw new FormatError({
        file,
        offset: offset(0),
        expected: `at most ${most} inflated bytes`,
        got: "more",
        remedy: "do not use this file",
      });
    }
  }
  const inflated = concatenate(parts);
  const tail = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0);
  if (adler32(inflated) !== tail) {
    throw new FormatError({
      file,
      offset: offset(bytes.length - 4),
      expected: "the checksum of the inflated bytes",
      got: "another one",
      remedy: "the file is damaged: fetch it again",
    });
  }
  return inflated;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** RFC 1950, Section 8.2; fflate skips this check. */
function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let at = 0; at < bytes.length;) {
    // The sums of at most 3,800 bytes fit into 32 bits.
    for (const end = Math.min(at + 3800, bytes.length); at < end; at++) {
      low += bytes[at]!;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}
