import { crc32 } from "node:zlib";
import { zlibSync } from "fflate";
import { concatenate } from "../../src/data/inflate.ts";

/** A PNG of one channel as its writer chose to pack it. */
export interface PngOptions {
  readonly depth: 1 | 2 | 4 | 8;
  readonly interlaced?: boolean;
  /** A color for each index; gray where there is none. */
  readonly palette?: readonly (readonly number[])[];
  /** The filter of a row, 0…4, by its number in the file; all five by turns by default. */
  readonly filterOf?: (row: number) => number;
  /** Chunks before the pixels. */
  readonly before?: readonly Uint8Array[];
}

const word = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

export function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatenate([new TextEncoder().encode(type), data]);
  return concatenate([word(data.length), body, word(crc32(body))]);
}

/** Writes samples `[height, width]` as the specification's Sections 7 to 9 say, written apart from the reader. */
export function writePng(height: number, width: number, samples: ArrayLike<number>, options: PngOptions): Uint8Array {
  const { depth, interlaced = false, palette, filterOf = (row) => row % 5, before = [] } = options;
  const rows: Uint8Array[] = [];
  for (const pass of interlaced ? [1, 2, 3, 4, 5, 6, 7] : [0]) {
    let former: Uint8Array | undefined;
    for (let y = 0; y < height; y++) {
      const line = Array.from({ length: width }, (_, x) => x).filter((x) => pass === 0 || passOf(y, x) === pass);
      if (line.length === 0) continue;
      const packed = pack(
        line.map((x) => samples[y * width + x]!),
        depth,
      );
      rows.push(filtered(packed, former ?? new Uint8Array(packed.length), filterOf(rows.length)));
      former = packed;
    }
  }
  const header = [word(width), word(height), Uint8Array.of(depth, palette ? 3 : 0, 0, 0, Number(interlaced))];
  return concatenate([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", concatenate(header)),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette.flat()))] : []),
    ...before,
    chunk("IDAT", zlibSync(concatenate(rows))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

/** The pass of a pixel, from the square of 8 × 8 in Section 8.1. */
const passOf = (y: number, x: number): number =>
  Number(
    ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"][y % 8]![x % 8],
  );

function pack(samples: readonly number[], depth: number): Uint8Array {
  const bits = samples.map((sample) => sample.toString(2).padStart(depth, "0")).join("");
  return Uint8Array.from(bits.match(/.{1,8}/g)!, (byte) => parseInt(byte.padEnd(8, "0"), 2));
}

function filtered(row: Uint8Array, former: Uint8Array, filter: number): Uint8Array {
  const paeth = (a: number, b: number, c: number): number => {
    const distances = [a, b, c].map((value) => Math.abs(a + b - c - value));
    return [a, b, c][distances.indexOf(Math.min(...distances))]!;
  };
  const bytes = row.map((value, i) => {
    const [left, up, corner] = [row[i - 1] ?? 0, former[i], former[i - 1] ?? 0];
    return value - [0, left, up, Math.floor((left + up!) / 2), paeth(left, up!, corner)][filter]!;
  });
  return concatenate([Uint8Array.of(filter), bytes]);
}
