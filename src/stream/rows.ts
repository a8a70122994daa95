import { readBytes, type Source } from "../checkpoint/source.ts";
import { ShapeError } from "../errors.ts";

/** What has a number of values for each pixel of a picture, outside of the device, and is read by bands of whole rows. */
export interface RowSource {
  /** How many values a pixel has. */
  readonly channels: number;
  /** Reads `rows` rows of pixels from row `first` on: dense, `[rows, width, channels]`. Each is read several times. */
  read(first: number, rows: number): ArrayLike<number> | Promise<ArrayLike<number>>;
}

/** Where the values of a picture's pixels go, band by band, from the first row to the last. */
export interface RowSink {
  /** Takes `rows` rows of pixels from row `first` on, dense, `[rows, width, channels]`. The array is the taker's. */
  write(first: number, rows: number, values: Float32Array): void | Promise<void>;
}

/** The size of a picture's map. */
export interface MapShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** An array that is read from, or written to, by rows. */
export type RowArray = Float32Array | Uint8Array | Uint8ClampedArray;

/**
 * Rows of an array `[height, width, channels]` in memory, which is larger than a device's may be.
 * @throws ShapeError for an array of another size
 * @example const unary = arrayRows(new Float32Array(40), { height: 4, width: 5, channels: 2 });
 */
export function arrayRows(
  array: RowArray,
  { height, width, channels }: MapShape,
): RowSource & RowSink & { readonly array: RowArray } {
  if (array.length !== height * width * channels) {
    const expected = `${height}·${width}·${channels} values`;
    throw new ShapeError({ where: "arrayRows", expected, got: `${array.length}`, remedy: "put the channels last" });
  }
  const row = width * channels;
  return {
    array,
    channels,
    read: (first, rows) => array.subarray(first * row, (first + rows) * row),
    write: (first, _rows, values) => array.set(values, first * row),
  };
}

/**
 * Rows of a file or a blob: `[height, width, channels]` from byte `offset` on, in the byte order of the machine, which is little-endian
 * nearly everywhere. `fileSource` and `blobSource` of `crf-rnn/checkpoint` open it.
 */
export function fileRows(
  source: Source,
  { width, channels, offset = 0, type }: Omit<MapShape, "height"> & { offset?: number; type: "float32" | "uint8" },
): RowSource {
  const row = width * channels * (type === "float32" ? 4 : 1);
  return {
    channels,
    read: async (first, rows) => {
      const bytes = await readBytes(source, offset + first * row, rows * row);
      return type === "float32" ? new Float32Array(bytes.buffer) : bytes;
    },
  };
}
