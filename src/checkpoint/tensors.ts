import { float16ToFloat32 } from "../float16.ts";
import { LimitError } from "../errors.ts";
import { printable } from "../quote.ts";
import { elementsOf } from "../shape.ts";
import { errorAt, type Source } from "./source.ts";

/** The numbers of a tensor in a file. `float16` and `bfloat16` come as their bits, in a `Uint16Array`. */
export type ElementType = keyof typeof arrays;
export type TensorData = InstanceType<(typeof arrays)[ElementType]>;

const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** A tensor that still lies in its file. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** The position in the file at which its numbers, or what leads to them, begin; for errors. */
  readonly offset?: number;
  /**
   * How many bytes are read to get this tensor, if that is more than its own: its chunks, or the storage that it
   * shares.
   */
  readonly span?: number;
  /** The numbers, row-major, in memory of their own. @throws FormatError */
  read(): Promise<TensorData>;
}

/** A tensor in memory. */
export interface LoadedTensor {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly data: TensorData;
}

/** A checkpoint whose structure has been read and checked; the numbers are read tensor by tensor. */
export interface Checkpoint {
  readonly format: "safetensors" | "pytorch" | "keras" | "caffe";
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Text that came with the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Notes on what was skipped or could not be kept, one sentence each. */
  readonly notes: readonly string[];
}

export function bytesPerElement(type: ElementType): number {
  return arrays[type].BYTES_PER_ELEMENT;
}

export function byteLength(tensor: Pick<StoredTensor, "shape" | "type">): number {
  return elementsOf(tensor.shape) * bytesPerElement(tensor.type);
}

/**
 * Room for `count` numbers.
 * @throws LimitError if the host has no memory for them.
 */
export function allocate(type: ElementType, count: number, where: string): TensorData {
  try {
    return new arrays[type](count);
  } catch {
    const bytes = count * bytesPerElement(type);
    throw new LimitError({
      where,
      expected: "memory for its tensors",
      got: `a host that refuses ${bytes} bytes at once`,
      remedy: "free memory or use a 64-bit host",
    });
  }
}

/** The memory of `data` as bytes; not a copy. */
export function asBytes(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Reads `count` numbers that lie one after the other, little-endian as every format here has them. */
export async function readElements(
  source: Source,
  offset: number,
  type: ElementType,
  count: number,
): Promise<TensorData> {
  const data = allocate(type, count, source.name);
  await source.readInto(offset, asBytes(data));
  return data;
}

/** No format here packs weights 16 times smaller than they are; a file that claims to is a bomb. */
const mostExpansion = 16;

/**
 * Checks what the whole file would need in memory against its size, before anything is allocated.
 * @throws FormatError
 */
export function checkTotal(source: Source, tensors: ReadonlyMap<string, StoredTensor>): void {
  let total = 0;
  for (const [name, tensor] of tensors) {
    if (!tensor.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
      throw errorAt(source, tensor.offset ?? source.size, {
        expected: `a shape of whole numbers for ${printable(name)}`,
        got: `[${tensor.shape}]`,
        remedy: "the file is damaged; fetch it again",
      });
    }
    total += Math.max(byteLength(tensor), tensor.span ?? 0);
  }
  const most = mostExpansion * source.size + (1 << 20);
  if (!(total <= most)) {
    throw errorAt(source, source.size, {
      expected: `tensors of at most ${most} bytes in a file of ${source.size}`,
      got: `${total} bytes declared`,
      remedy: "do not trust the file",
    });
  }
}

/** Widens or narrows to `float32`; a `float32` tensor is handed back as it is. Integers beyond 2^24 round. */
export function toFloat32(data: TensorData, type: ElementType): Float32Array<ArrayBuffer> {
  switch (type) {
    case "float32":
      return data as Float32Array<ArrayBuffer>;
    case "float16":
      return float16ToFloat32(data as Uint16Array);
    case "bfloat16": {
      const wide = new Float32Array(data.length);
      const bits = new Uint32Array(wide.buffer);
      (data as Uint16Array).forEach((half, i) => (bits[i] = half << 16));
      return wide;
    }
    case "int64":
      return Float32Array.from(data as BigInt64Array as unknown as ArrayLike<bigint>, Number);
    default:
      return Float32Array.from(data as Float64Array);
  }
}
