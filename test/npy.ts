/** A dense, row-major array read from an `.npy` file. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
}

const TYPES = {
  "<f4": Float32Array,
  "<f8": Float64Array,
  "<i4": Int32Array,
  "<u4": Uint32Array,
  "|u1": Uint8Array,
} as const;

/** Reads the fixtures' part of the format: little-endian, C order. Independent of the reader under test in src/. */
export function parseNpy(bytes: Uint8Array, path: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== 0x934e554d) throw new Error(`${path} is no .npy file`);
  const [start, length] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const type = TYPES[/'descr': '([^']+)'/.exec(header)?.[1] as keyof typeof TYPES];
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (!type || shape === undefined || !header.includes("'fortran_order': False")) {
    throw new Error(`${path} holds what no fixture should: ${header}`);
  }
  const sizes = shape.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  const elements = sizes.reduce((product, size) => product * size, 1);
  const data = bytes.slice(start + length, start + length + elements * type.BYTES_PER_ELEMENT);
  if (data.byteLength !== elements * type.BYTES_PER_ELEMENT) throw new Error(`${path} is truncated`);
  return { shape: sizes, data: new type(data.buffer) };
}
