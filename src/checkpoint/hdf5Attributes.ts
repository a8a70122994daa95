import { costs } from "../budget.ts";
import { elementsOf } from "../shape.ts";
import { ByteReader } from "./byteReader.ts";
import { messageTypes, readText, type Hdf5, type Message } from "./hdf5.ts";
import { readShape } from "./hdf5Data.ts";

/** The attributes of an object by name; what they say is read when asked for. */
export type Attributes = ReadonlyMap<string, Attribute>;

/** Finds the attributes of an object. @throws FormatError */
export function readAttributes(file: Hdf5, object: readonly Message[]): Attributes {
  const attributes = new Map<string, Attribute>();
  for (const message of object) {
    if (message.type !== messageTypes.attribute) continue;
    file.budget.spend(4 * costs.object, message.reader().offset);
    const attribute = readAttribute(message.reader());
    if (!attributes.has(attribute.name)) attributes.set(attribute.name, attribute);
  }
  return attributes;
}

/**
 * An attribute that is a text or a list of texts; undefined if there is none of the name.
 * @throws FormatError
 */
export async function readTexts(file: Hdf5, attributes: Attributes, name: string): Promise<string[] | undefined> {
  const attribute = attributes.get(name);
  return attribute && decodeTexts(file, attribute);
}

interface Attribute {
  readonly name: string;
  readonly datatype: ByteReader;
  readonly space: ByteReader;
  readonly data: ByteReader;
}

/** IV.A.2.m of the HDF5 File Format Specification. */
function readAttribute(reader: ByteReader): Attribute {
  const version = reader.u8();
  if (version < 1 || version > 3) throw reader.error("attribute version 1 to 3", `${version}`);
  if (reader.u8() & 3 && version > 1) throw reader.error("a datatype of its own", "a shared one");
  const [nameBytes, datatypeBytes, spaceBytes] = [reader.u16(), reader.u16(), reader.u16()];
  if (version === 3) reader.skip(1);
  // Version 1 fills every part up to 8 bytes.
  const part = (bytes: number) => {
    const start = reader.offset;
    const contents = reader.take(bytes);
    if (version === 1) reader.skip(Math.min(reader.remaining, (8 - (bytes % 8)) % 8));
    return new ByteReader(reader.file, contents, start);
  };
  const name = part(nameBytes);
  const datatype = part(datatypeBytes);
  const space = part(spaceBytes);
  return { name: untilZero(name.text(nameBytes)), datatype, space, data: part(reader.remaining) };
}

async function decodeTexts(file: Hdf5, attribute: Attribute): Promise<string[]> {
  // Reading moves the reader forward, and an attribute may be asked for twice, so each request gets a reader of its
  // own.
  const [datatype, space, data] = [anew(attribute.datatype), anew(attribute.space), anew(attribute.data)];
  const shape = readShape(space);
  const kind = datatype.u8() & 15;
  const bits = datatype.u8();
  datatype.skip(2);
  const size = datatype.u32();
  const count = elementsOf(shape);
  // h5py gives an empty list the type of NumPy's empty array, a float.
  if (count === 0) return [];
  if (count * size > data.remaining) throw data.error(`${count} texts of ${size} bytes`, `${data.remaining} bytes`);
  // 3: texts of one length. 9, first bits 1: texts of any length, kept in a global heap.
  if (kind === 3 && size > 0) return Array.from({ length: count }, () => untilZero(readText(file, data, size)));
  if (kind !== 9 || (bits & 15) !== 1 || size !== 16) throw datatype.error("text", `a datatype of class ${kind}`, 0);
  const texts: string[] = [];
  const heaps = new Map<number, Heap>();
  for (let i = 0; i < count; i++) {
    const [length, address, index] = [data.u32(), data.u64(), data.u32()];
    if (length > 0 && !heaps.has(address)) heaps.set(address, await readHeap(file, address));
    texts.push(length > 0 ? heapText(file, heaps.get(address)!, index, length) : "");
  }
  return texts;
}

function untilZero(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function anew({ file, bytes, base }: ByteReader): ByteReader {
  return new ByteReader(file, bytes, base);
}

/** A global heap collection: where its objects lie in `reader`, by their index. */
interface Heap {
  readonly reader: ByteReader;
  readonly objects: ReadonlyMap<number, { readonly position: number; readonly size: number }>;
}

/** Reads a global heap collection (section III.E). */
async function readHeap(file: Hdf5, address: number): Promise<Heap> {
  const head = await file.read(address, 16);
  head.expect("GCOL");
  head.skip(4);
  const reader = await file.read(address + 16, Math.max(0, head.u64() - 16));
  const objects = new Map<number, { position: number; size: number }>();
  while (reader.remaining >= 16) {
    file.budget.spend(2 * costs.pair, reader.offset);
    const id = reader.u16();
    reader.skip(6);
    const size = reader.u64();
    if (id === 0) break;
    if (!objects.has(id)) objects.set(id, { position: reader.position, size });
    reader.skip(Math.min(reader.remaining, Math.ceil(size / 8) * 8));
  }
  return { reader, objects };
}

function heapText(file: Hdf5, { reader, objects }: Heap, index: number, length: number): string {
  const found = objects.get(index);
  if (!found) throw reader.error(`object ${index} in the heap`, "none", 0);
  reader.position = found.position;
  return readText(file, reader, Math.min(length, found.size));
}
