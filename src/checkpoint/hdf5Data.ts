import { inflate } from "../data/inflate.ts";
import { elementsOf } from "../shape.ts";
import type { ByteReader } from "./byteReader.ts";
import { messageTypes, readTree, type Hdf5, type Message } from "./hdf5.ts";
import { checkRange } from "./source.ts";
import {
  allocate,
  asBytes,
  byteLength,
  bytesPerElement,
  type ElementType,
  readElements,
  type StoredTensor,
  type TensorData,
} from "./tensors.ts";

// Datasets: element types, contiguous, compact and chunked storage with deflate and shuffle.
// Section numbers: HDF5 File Format Specification, Version 3.0.

/** Reads a dataspace message (section IV.A.2.b). */
export function readShape(reader: ByteReader): number[] {
  const version = reader.u8();
  if (version !== 1 && version !== 2) throw reader.error("dataspace version 1 or 2", `${version}`);
  const rank = reader.u8();
  if (rank > 32) throw reader.error("32 dimensions or fewer", `${rank}`);
  reader.skip(1);
  const kind = reader.u8();
  if (version === 2 && kind === 2) throw reader.error("a dataspace with elements", "a null one");
  if (version === 1) reader.skip(4);
  return Array.from({ length: rank }, () => reader.u64());
}

/** Reads a datatype message (section IV.A.2.d); only numbers are supported. */
function readElementType(reader: ByteReader): ElementType {
  const start = reader.position;
  const kind = reader.u8() & 15;
  const bits = reader.u8();
  reader.skip(2);
  const size = reader.u32();
  const bigEndian = (bits & 1) === 1;
  const name = kind === 1 ? `float${8 * size}` : kind === 0 ? `${bits & 8 ? "int" : "uint"}${8 * size}` : "";
  const known: ElementType[] = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"];
  const type = known.find((candidate) => candidate === name);
  if (!type || bigEndian) throw reader.error("little-endian floats or integers", `kind ${kind}, ${size} bytes`, start);
  if (kind === 1) checkIeee(reader, size);
  return type;
}

/** Exponent location and size, mantissa location and size of IEEE 754 numbers, by bytes. */
const ieee: Record<number, readonly number[]> = { 2: [10, 5, 0, 10], 4: [23, 8, 0, 23], 8: [52, 11, 0, 52] };

function checkIeee(reader: ByteReader, size: number): void {
  reader.skip(4);
  const parts = [reader.u8(), reader.u8(), reader.u8(), reader.u8()];
  if (!parts.every((part, i) => part === ieee[size]![i])) throw reader.error("IEEE 754 numbers", `layout ${parts}`);
}

/** The tensor that a dataset holds; its numbers stay in the file. @throws FormatError */
export function openHdf5Dataset(file: Hdf5, address: number, messages: readonly Message[]): StoredTensor {
  const shape = readShape(only(file, address, messages, messageTypes.dataspace, "a dataspace"));
  const type = readElementType(only(file, address, messages, messageTypes.datatype, "a datatype"));
  const reader = only(file, address, messages, messageTypes.layout, "a data layout");
  const version = reader.u8();
  const kind = reader.u8();
  if (version !== 3 && !(version === 4 && kind < 2)) throw reader.error("data layout version 3", `${version}, ${kind}`);
  const filters = messages.filter((message) => message.type === messageTypes.filters);
  if (kind === 2) {
    const pipeline = filters.length > 0 ? readFilters(filters[0]!.reader()) : [];
    return openChunks(file, reader, { shape, type }, pipeline);
  }
  const bytes = byteLength({ shape, type });
  const isCompact = kind === 0;
  const declared = isCompact ? reader.u16() : undefined;
  const start = isCompact ? reader.offset : bytes === 0 ? 0 : storedAt(reader);
  const length = declared ?? (bytes === 0 ? 0 : reader.u64());
  if (kind > 2 || length !== bytes) throw reader.error(`${bytes} bytes for [${shape}]`, `${length}`);
  checkRange(file.source, start, bytes);
  return { shape, type, offset: start, read: () => readElements(file.source, start, type, elementsOf(shape)) };
}

function storedAt(reader: ByteReader): number {
  const address = reader.address();
  if (address === undefined) throw reader.error("stored numbers", "a dataset that was never written");
  return address;
}

function only(file: Hdf5, address: number, messages: readonly Message[], type: number, what: string): ByteReader {
  const found = messages.find((message) => message.type === type);
  if (!found) throw file.malformed(address, what, "an object without one");
  return found.reader();
}

type Filter = "deflate" | "shuffle";

/** Reads a filter pipeline message (section IV.A.2.l). */
function readFilters(reader: ByteReader): Filter[] {
  const version = reader.u8();
  const count = reader.u8();
  if (version !== 1 && version !== 2) throw reader.error("filter pipeline version 1 or 2", `${version}`);
  if (count > 2) throw reader.error("deflate and shuffle, each once", `${count} filters`);
  if (version === 1) reader.skip(6);
  return Array.from({ length: count }, () => {
    const id = reader.u16();
    if (id !== 1 && id !== 2) throw reader.error("no compression, deflate (1) or shuffle (2)", `filter ${id}`);
    const nameBytes = version === 1 ? reader.u16() : 0;
    reader.skip(2);
    const values = reader.u16();
    reader.skip(nameBytes + 4 * values + (version === 1 && values % 2 ? 4 : 0));
    return id === 1 ? "deflate" : "shuffle";
  });
}

/**
 * The largest ratio of the chunks' grid to the dataset: on each of four axes the last chunk may reach almost a whole
 * chunk beyond it.
 */
const mostPadding = 16;

interface Chunk {
  readonly address: number;
  readonly bytes: number;
  readonly skipped: number;
  readonly offset: readonly number[];
}

function openChunks(
  file: Hdf5,
  layout: ByteReader,
  { shape, type }: Pick<StoredTensor, "shape" | "type">,
  pipeline: readonly Filter[],
): StoredTensor {
  const rank = layout.u8() - 1;
  const tree = storedAt(layout);
  const chunk = Array.from({ length: Math.max(0, rank) }, () => layout.u32());
  const element = layout.u32();
  const fits = rank === shape.length && element === bytesPerElement(type) && chunk.every((extent) => extent > 0);
  const chunkBytes = elementsOf(chunk) * element;
  const counts = shape.map((extent, axis) => Math.ceil(extent / chunk[axis]!));
  // All of the grid is inflated, what sticks out of the dataset included.
  const span = elementsOf(counts) * chunkBytes;
  if (!fits || !(span <= mostPadding * byteLength({ shape, type }) + 65536)) {
    throw layout.error(`chunks that fit [${shape}]`, `[${chunk}] of ${element}-byte numbers`);
  }
  return {
    shape,
    type,
    offset: tree,
    span,
    async read() {
      const chunks = await listChunks(file.afresh(), tree, chunk, counts, chunkBytes);
      const data = allocate(type, elementsOf(shape), file.source.name);
      for (const one of chunks)
        place(await readChunk(file, one, chunkBytes, element, pipeline), one, chunk, shape, data);
      return data;
    },
  };
}

/** All chunks of the grid, each once. */
async function listChunks(
  file: Hdf5,
  tree: number,
  chunk: readonly number[],
  counts: readonly number[],
  chunkBytes: number,
): Promise<Chunk[]> {
  const seen = new Set<string>();
  const rank = chunk.length;
  const chunks = (await readTree(file, tree, 1, 8 + 8 * (rank + 1))).map(({ key, address }) => {
    const [bytes, skipped] = [key.u32(), key.u32()];
    const offset = Array.from({ length: rank }, () => key.u64());
    const cell = offset.map((start, axis) => start / chunk[axis]!);
    const inside = cell.every((place, axis) => Number.isInteger(place) && place < counts[axis]!);
    if (!inside || seen.has(`${cell}`))
      throw key.error("a chunk of its own, inside the dataset", `one at [${offset}]`, 0);
    seen.add(`${cell}`);
    // Deflate makes nothing longer by more than a thousandth; chunks that share bytes would have them read over and over.
    if (bytes > 1.01 * chunkBytes + 1024) throw key.error(`a chunk of at most ${chunkBytes} bytes`, `${bytes}`, 0);
    checkRange(file.source, address, bytes);
    return { address, bytes, skipped, offset };
  });
  if (chunks.length === elementsOf(counts)) return chunks;
  throw file.malformed(tree, `${elementsOf(counts)} chunks`, `${chunks.length}`);
}

async function readChunk(file: Hdf5, chunk: Chunk, bytes: number, element: number, pipeline: readonly Filter[]) {
  let data: Uint8Array = new Uint8Array(chunk.bytes);
  await file.source.readInto(chunk.address, data);
  for (let i = pipeline.length - 1; i >= 0; i--) {
    if (chunk.skipped & (1 << i)) continue;
    data =
      pipeline[i] === "deflate"
        ? inflate(data, bytes, { file: file.source.name, offset: (position) => chunk.address + position })
        : unshuffle(data, element);
  }
  if (data.length !== bytes) throw file.malformed(chunk.address, `a chunk of ${bytes} bytes`, `${data.length}`);
  return data;
}

/** HDF5 shuffles so: first byte of every number, second byte of every number, … */
function unshuffle(bytes: Uint8Array, element: number): Uint8Array {
  const count = Math.floor(bytes.length / element);
  const result = bytes.slice();
  for (let part = 0; part < element; part++) {
    for (let i = 0; i < count; i++) result[i * element + part] = bytes[part * count + i]!;
  }
  return result;
}

/** Copies a chunk into its place, row by row; what sticks out of the dataset is padding. */
function place(
  bytes: Uint8Array,
  { offset }: Chunk,
  chunk: number[],
  shape: readonly number[],
  data: TensorData,
): void {
  const target = asBytes(data);
  const element = data.BYTES_PER_ELEMENT;
  const last = shape.length - 1;
  if (last < 0) return target.set(bytes);
  const rowLength = Math.min(chunk[last]!, shape[last]! - offset[last]!);
  const rows = elementsOf(chunk.slice(0, -1));
  for (let row = 0; row < rows; row++) {
    let [rest, to, stride, inside] = [row, offset[last]!, shape[last]!, true];
    for (let axis = last - 1; axis >= 0; axis--) {
      const index = offset[axis]! + (rest % chunk[axis]!);
      rest = Math.floor(rest / chunk[axis]!);
      inside &&= index < shape[axis]!;
      to += index * stride;
      stride *= shape[axis]!;
    }
    const from = row * chunk[last]! * element;
    if (inside) target.set(bytes.subarray(from, from + rowLength * element), to * element);
  }
}
