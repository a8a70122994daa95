import { ByteReader } from "./byteReader.ts";
import { messageTypes, type Hdf5, type Message } from "./hdf5.ts";
import { readShape } from "./hdf5Data.ts";
import { elementCount } from "./tensors.ts";

/**
 * An attribute of an object that is a text or a list of texts; undefined if there is none of the name.
 * @throws FormatError
 */
export async function readTexts(file: Hdf5, object: readonly Message[], name: string): Promise<string[] | undefined> {
  for (const message of object) {
    if (message.type !== messageTypes.attribute) continue;
    const attribute = readAttribute(message.reader());
    if (attribute.name === name) return decodeTexts(file, attribute);
  }
  return undefined;
}

interface Attribute {
  readonly name: string;
  readonly datatype: ByteReader;
  readonly shape: number[];
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
  const shape = readShape(part(spaceBytes));
  return { name: untilZero(name, nameBytes), datatype, shape, data: part(reader.remaining) };
}

async function decodeTexts(file: Hdf5, { datatype, shape, data }: Attribute): Promise<string[]> {
  const kind = datatype.u8() & 15;
  const bits = datatype.u8();
  datatype.skip(2);
  const size = datatype.u32();
  const count = elementCount(shape);
  // h5py gives an empty list the type of NumPy's empty array, a float.
  if (count === 0) return [];
  if (count * size > data.remaining) throw data.error(`${count} texts of ${size} bytes`, `${data.remaining} bytes`);
  // 3: texts of one length. 9, first bits 1: texts of any length, kept in a global heap.
  if (kind === 3 && size > 0) return Array.from({ length: count }, () => untilZero(data, size));
  if (kind !== 9 || (bits & 15) !== 1 || size !== 16) throw datatype.error("text", `a datatype of class ${kind}`, 0);
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = data.u32();
    texts.push(await heapText(file, data.u64(), data.u32(), length));
  }
  return texts;
}

function untilZero(reader: ByteReader, length: number): string {
  return reader.text(length).replace(/\0[^]*$/, "");
}

/** III.E: an object of a global heap collection. */
async function heapText(file: Hdf5, address: number, index: number, length: number): Promise<string> {
  if (length === 0) return "";
  const head = await file.read(address, 16);
  head.expect("GCOL");
  head.skip(4);
  const heap = await file.read(address + 16, Math.max(0, head.u64() - 16));
  while (heap.remaining >= 16) {
    const id = heap.u16();
    heap.skip(6);
    const size = heap.u64();
    if (id === index) return heap.text(Math.min(length, size));
    if (id === 0) break;
    heap.skip(Math.min(heap.remaining, Math.ceil(size / 8) * 8));
  }
  throw heap.error(`object ${index} in the heap`, "none", 0);
}
