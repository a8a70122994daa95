import { FormatError } from "../errors.ts";
import { quote } from "../quote.ts";
import { elementsOf } from "../shape.ts";
import { float16ToFloat32 } from "../float16.ts";

export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** An n-dimensional array in C order, as NumPy's `.npy` files hold one. `shape: []` is a scalar. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

/** NumPy reads no longer header without being told to, and allows no more extents (64 since its version 2). */
const longestHeader = 10_000;
const mostExtents = 32;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Readers by NumPy's type string; float16 widens to float32 and 64-bit integers to float64, where they are exact. */
const readers: Record<string, { readonly size: number; readonly read: (buffer: ArrayBuffer) => NpyData | undefined }> =
  {
    "<f2": { size: 2, read: (buffer) => float16ToFloat32(new Uint16Array(buffer)) },
    "<f4": { size: 4, read: (buffer) => new Float32Array(buffer) },
    "<f8": { size: 8, read: (buffer) => new Float64Array(buffer) },
    "|b1": { size: 1, read: (buffer) => new Uint8Array(buffer) },
    "|u1": { size: 1, read: (buffer) => new Uint8Array(buffer) },
    "<u2": { size: 2, read: (buffer) => new Uint16Array(buffer) },
    "<u4": { size: 4, read: (buffer) => new Uint32Array(buffer) },
    "<u8": { size: 8, read: (buffer) => exactFloat64(new BigUint64Array(buffer)) },
    "|i1": { size: 1, read: (buffer) => new Int8Array(buffer) },
    "<i2": { size: 2, read: (buffer) => new Int16Array(buffer) },
    "<i4": { size: 4, read: (buffer) => new Int32Array(buffer) },
    "<i8": { size: 8, read: (buffer) => exactFloat64(new BigInt64Array(buffer)) },
  };

/**
 * Reads a `.npy` file, versions 1 to 3 (format: numpy.lib.format). Fortran order is rearranged into C order.
 * The size that the header declares is held against the bytes present before anything is allocated.
 * @throws FormatError naming `file` and the byte where reading stopped
 */
export function decodeNpy(bytes: Uint8Array, file: string): NpyArray {
  const { descr, fortranOrder, shape, dataOffset } = readHeader(bytes, file);
  const reader = Object.hasOwn(readers, descr) ? readers[descr] : undefined;
  if (!reader) {
    throw new FormatError({
      file,
      offset: 10,
      expected: `little-endian numbers of type ${Object.keys(readers).join(", ")}`,
      got: `type ${quote(descr)}`,
      remedy: "save array.astype('<f4')",
    });
  }
  const declared = elementsOf(shape) * reader.size;
  const present = bytes.length - dataOffset;
  if (declared !== present) {
    throw new FormatError({
      file,
      offset: dataOffset + Math.min(declared, present),
      expected: `${declared} bytes of values for shape [${shape.join(", ")}]`,
      got: `${present}`,
      remedy:
        declared > present ? "the file is truncated: write it again" : "the file has bytes to spare: write it again",
    });
  }
  const data = reader.read(new Uint8Array(bytes.subarray(dataOffset)).buffer);
  if (!data) {
    throw new FormatError({
      file,
      offset: dataOffset,
      expected: "integers of at most 53 bits",
      got: "a larger one",
      remedy: "save array.astype('<f4')",
    });
  }
  if (descr === "|b1") checkBooleans(bytes, dataOffset, file);
  return { shape, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/**
 * Writes version 1.0, little-endian, C order.
 * @throws FormatError where `data` does not fill `shape`
 */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array<ArrayBuffer> {
  const count = elementsOf(shape);
  if (count !== data.length) {
    throw new FormatError({
      file: ".npy",
      expected: `${count} values for shape [${shape.join(", ")}]`,
      got: `${data.length}`,
    });
  }
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${typeString(data)}', 'fortran_order': False, 'shape': (${extents}), }`;
  // The values start at a multiple of 64, as NumPy has it, so that they can be mapped into memory.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + data.byteLength);
  bytes.set([...magic, 1, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + length);
  return bytes;
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const fail = (offset: number, expected: string, got: string): never => {
    throw new FormatError({ file, offset, expected, got, remedy: "write the file with numpy.save" });
  };
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    fail(0, "a .npy file that starts with \\x93NUMPY", bytes.length === 0 ? "an empty file" : "something else");
  }
  const [version, minor] = [bytes[6]!, bytes[7]!];
  if (version < 1 || version > 3 || minor !== 0) fail(6, ".npy version 1.0, 2.0 or 3.0", `version ${version}.${minor}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const dataOffset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataOffset > bytes.length)
    fail(8, `a header that ends by byte ${bytes.length}`, `one that ends at ${dataOffset}`);
  if (dataOffset - start > longestHeader)
    fail(8, `a header of at most ${longestHeader} bytes`, `${dataOffset - start}`);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, dataOffset)).trim();

  let rest = text;
  const entry = (name: string, pattern: string): string => {
    const found = new RegExp(`'${name}'\\s*:\\s*${pattern}\\s*(?:,|(?=\\}))`).exec(rest);
    if (!found) return fail(start, `a header with ${name}`, quote(text));
    rest = rest.replace(found[0], "");
    return found[1]!;
  };
  const descr = entry("descr", "'([^']*)'");
  const fortranOrder = entry("fortran_order", "(True|False)") === "True";
  const extents = entry("shape", "\\(((?:\\s*\\d+\\s*,)*(?:\\s*\\d+\\s*)?)\\)");
  if (!/^\{\s*\}$/.test(rest)) fail(start, "a header of descr, fortran_order and shape", quote(text));
  const shape = extents
    .split(",")
    .filter((extent) => extent.trim() !== "")
    .map(Number);
  if (shape.length > mostExtents) fail(start, `at most ${mostExtents} extents`, `${shape.length}`);
  // Beyond 2^53 a number is not what the file says, and no array is that large, empty ones included.
  const large = shape.find((extent) => !Number.isSafeInteger(extent));
  if (large !== undefined) fail(start, "extents below 2^53", "a larger one");
  return { descr, fortranOrder, shape, dataOffset };
}

/** A boolean is one byte, 0 or 1. What another byte means, NumPy does not say: some of its functions take it for 1, some as it is. */
function checkBooleans(bytes: Uint8Array, start: number, file: string): void {
  const stray = bytes.subarray(start).findIndex((byte) => byte > 1);
  if (stray < 0) return;
  const got = `${bytes[start + stray]}`;
  const remedy = "save array.astype('|u1') if these are labels, or array != 0";
  throw new FormatError({ file, offset: start + stray, expected: "booleans of 0 or 1", got, remedy });
}

function exactFloat64(integers: BigInt64Array | BigUint64Array): Float64Array<ArrayBuffer> | undefined {
  const values = new Float64Array(integers.length);
  for (let i = 0; i < integers.length; i++) {
    values[i] = Number(integers[i]);
    if (!Number.isSafeInteger(values[i])) return undefined;
  }
  return values;
}

function toRowMajor(data: NpyData, shape: readonly number[]): NpyData {
  const ordered = data.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => elementsOf(shape.slice(0, axis)));
  for (let i = 0, source = 0; i < data.length; i++) {
    ordered[i] = data[source]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      source -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}

function typeString(data: NpyData): string {
  const kind =
    data instanceof Float32Array || data instanceof Float64Array ? "f" : /^Int/.test(data.constructor.name) ? "i" : "u";
  return `${data.BYTES_PER_ELEMENT === 1 ? "|" : "<"}${kind}${data.BYTES_PER_ELEMENT}`;
}
