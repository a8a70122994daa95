import { float16ToFloat32, float32ToFloat16, requireFloat16 } from "./float16.ts";
import { elementsOf, padded, rowsOf } from "./shape.ts";

/** How the values of a tensor lie in device memory. */
export interface Layout {
  readonly name: string;
  /** The only ops that read tensors of this layout; left out where others do, too. */
  readonly readers?: readonly string[];
  /** Whether all it does is to pad rows, which some devices do themselves. */
  readonly padsRows?: boolean;
  /** Returns the number of words in device memory, padding included: float32 values, or two halves each. */
  length(shape: readonly number[]): number;
  /**
   * Converts dense, row-major `values` to their order in device memory. They are the result where they lie in that order already.
   */
  pack(shape: readonly number[], values: Float32Array): Float32Array;
  /** Converts device memory back to dense, row-major values. */
  unpack(shape: readonly number[], memory: Float32Array): Float32Array;
  /** Refuses values that it cannot hold. `where`: whose they are. @throws ValueError */
  require?(where: string, values: ArrayLike<number>): void;
}

/** Row-major; rows (the last axis) are padded with zeros to a multiple of four. */
export const rows: Layout = {
  name: "rows",
  padsRows: true,
  length: (shape) => rowsOf(shape) * padded(shape[shape.length - 1]!),

  pack(shape, values) {
    const channels = shape[shape.length - 1]!;
    return copyRows(values, channels, padded(channels));
  },

  unpack(shape, memory) {
    const channels = shape[shape.length - 1]!;
    return copyRows(memory, padded(channels), channels);
  },
};

/**
 * Copies rows to shorter or longer ones, whose ends are zeros then; returns the values themselves where rows are as long. A page's thread does that to
 * large maps: four values at a time take 6.5 ms for 9 of 187,500 rows of 21.
 */
function copyRows(from: Float32Array, fromStride: number, toStride: number): Float32Array {
  if (fromStride === toStride) return from;
  const to = new Float32Array((from.length / fromStride) * toStride);
  const channels = Math.min(fromStride, toStride);
  for (let source = 0, target = 0; target < to.length; source += fromStride, target += toStride) {
    let i = 0;
    for (; i + 4 <= channels; i += 4) {
      to[target + i] = from[source + i]!;
      to[target + i + 1] = from[source + i + 1]!;
      to[target + i + 2] = from[source + i + 2]!;
      to[target + i + 3] = from[source + i + 3]!;
    }
    for (; i < toStride; i++) to[target + i] = i < channels ? from[source + i]! : 0;
  }
  return to;
}

/** The number of outputs in a panel, which is the width of the tile that conv2d keeps in registers. */
export const panelWidth = 8;

/** The bytes of a panel's values for one tap and input, one for each of its outputs. */
export const panelRowBytes = panelWidth * 4;

/**
 * Weights of a convolution, shape [O, I, h, w] as in PyTorch: memory [⌈O/8⌉, h, w, I padded to four, 8], zeros in the
 * padding. A panel has all weights of eight outputs, in the order in which a convolution reads them, whatever the size of
 * its kernel. (In layout rows, w = 3 or 1 values would be padded to 4.)
 */
export const panels: Layout = {
  name: "panels",
  length([outputs, inputs, height, width]) {
    return Math.ceil(outputs! / panelWidth) * height! * width! * padded(inputs!) * panelWidth;
  },

  pack(shape, values) {
    const memory = new Float32Array(panels.length(shape));
    eachWeight(shape, (dense, packed) => (memory[packed] = values[dense]!));
    return memory;
  },

  unpack(shape, memory) {
    const values = new Float32Array(elementsOf(shape));
    eachWeight(shape, (dense, packed) => (values[dense] = memory[packed]!));
    return values;
  },
};

/**
 * The same with half-precision numbers, two in a word, which take half the memory; conv2d alone reads them. They are the
 * nearest to the values: off by at most 2⁻¹¹ of a value, or by 2⁻²⁵ below 2⁻¹⁴. Infinities and NaN are kept.
 */
export const halfPanels: Layout = {
  name: "halfPanels",
  readers: ["conv2d"],
  length: (shape) => panels.length(shape) / 2,
  pack: (shape, values) => asWords(panels.pack(shape, values)),
  unpack: (shape, memory) => panels.unpack(shape, asFloats(memory)),
  require: requireFloat16,
};

/** Rows with half-precision numbers, two in a word: the results that conv2d gives with `precision: "half"`. */
export const halfRows: Layout = {
  name: "halfRows",
  readers: ["conv2d", "maxPool2d"],
  length: (shape) => rows.length(shape) / 2,
  pack: (shape, values) => asWords(rows.pack(shape, values)),
  unpack: (shape, memory) => rows.unpack(shape, asFloats(memory)),
  require: requireFloat16,
};

const asWords = (values: Float32Array): Float32Array => new Float32Array(float32ToFloat16(values).buffer);

const asFloats = ({ buffer, byteOffset, length }: Float32Array): Float32Array =>
  float16ToFloat32(new Uint16Array(buffer, byteOffset, 2 * length));

function eachWeight(shape: readonly number[], visit: (dense: number, packed: number) => void): void {
  const [outputs, inputs, height, width] = shape as [number, number, number, number];
  const taps = height * width;
  const rowStride = padded(inputs);
  for (let output = 0; output < outputs; output++) {
    const panel = Math.floor(output / panelWidth) * taps;
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < taps; tap++) {
        const packed = ((panel + tap) * rowStride + input) * panelWidth + (output % panelWidth);
        visit((output * inputs + input) * taps + tap, packed);
      }
    }
  }
}
