import { Budget, costs } from "../budget.ts";
import type { FormatError } from "../errors.ts";
import { ByteReader } from "./byteReader.ts";
import { checkRange, errorAt, readBytes, type Source } from "./source.ts";

// The part of HDF5 that h5py writes for Keras: superblocks 0, 2 and 3, object headers 1 and 2, groups by symbol table
// or by links in the header. Section numbers: HDF5 File Format Specification, Version 3.0.

/** A header message of an object: its kind and contents. */
export interface Message {
  readonly type: number;
  readonly reader: () => ByteReader;
}

export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

/** Bytes of a page, in which structure is fetched: its parts are small and lie together. */
const pageBytes = 1 << 16;
/** Pages that are kept. */
const mostPages = 64;

/** An HDF5 file, opened for reading by address. */
export class Hdf5 {
  readonly source: Source;
  readonly root: number;
  readonly budget: Budget;
  readonly #pages = new Map<number, Uint8Array>();

  private constructor(source: Source, root: number, budget = new Budget(source.name, source.size)) {
    this.source = source;
    this.root = root;
    this.budget = budget;
  }

  /** Returns the same file with a new budget, for parts that are read later and perhaps often. */
  afresh(): Hdf5 {
    return new Hdf5(this.source, this.root);
  }

  /** @throws FormatError */
  static async open(source: Source): Promise<Hdf5> {
    const length = Math.min(source.size, 128);
    const reader = new ByteReader(source.name, await readBytes(source, 0, length));
    reader.expect("\x89HDF\r\n\x1a\n");
    return new Hdf5(source, readSuperblock(reader, source));
  }

  /**
   * Reads structure and charges it to the budget, so that a file cannot make the same few bytes be read without end.
   */
  async read(address: number, length: number): Promise<ByteReader> {
    checkRange(this.source, address, length);
    this.budget.spend(costs.object + length, address);
    const page = Math.floor(address / pageBytes);
    const start = page * pageBytes;
    const isInside = address + length <= start + pageBytes;
    const bytes = isInside
      ? (await this.#page(page)).subarray(address - start, address - start + length)
      : await this.#fetch(address, length);
    return new ByteReader(this.source.name, bytes, address);
  }

  async #page(number: number): Promise<Uint8Array> {
    const start = number * pageBytes;
    const page = this.#pages.get(number) ?? (await this.#fetch(start, Math.min(pageBytes, this.source.size - start)));
    // The page used last is the last that is dropped.
    this.#pages.delete(number);
    this.#pages.set(number, page);
    if (this.#pages.size > mostPages) this.#pages.delete(this.#pages.keys().next().value!);
    return page;
  }

  #fetch(address: number, length: number): Promise<Uint8Array> {
    this.budget.spend(costs.read, address);
    return readBytes(this.source, address, length);
  }

  malformed(offset: number, expected: string, got: string): FormatError {
    const remedy =
      "the file is damaged, or of an HDF5 kind that Keras does not write; save it again with h5py's defaults";
    return errorAt(this.source, offset, { expected, got, remedy });
  }
}

/** II.A: the address of the root group's header. */
function readSuperblock(reader: ByteReader, source: Source): number {
  const version = reader.u8();
  if (![0, 2, 3].includes(version)) throw reader.error("superblock version 0, 2 or 3", `${version}`);
  if (version === 0) reader.skip(4);
  if (reader.u8() !== 8 || reader.u8() !== 8) throw reader.error("addresses and lengths of 8 bytes", "others");
  reader.skip(version === 0 ? 9 : 1);
  if (reader.u64() !== 0) throw reader.error("a file without user block", "another base address");
  reader.skip(8);
  const end = reader.u64();
  if (end > source.size) throw reader.error(`a file of ${end} bytes`, `${source.size}: it is truncated`);
  // Version 0: the driver's address and the offset of the root's name.
  if (version === 0) reader.skip(16);
  return reader.u64();
}

/** IV.A: all messages of the object whose header is at `address`, continuations followed. @throws FormatError */
export async function readObject(file: Hdf5, address: number): Promise<Message[]> {
  const head = await file.read(address, Math.min(32, Math.max(0, file.source.size - address)));
  return head.bytes[0] === 1 ? readObject1(file, address, head) : readObject2(file, address, head);
}

async function readObject1(file: Hdf5, address: number, head: ByteReader): Promise<Message[]> {
  head.skip(2);
  const count = head.u16();
  head.skip(4);
  const messages: Message[] = [];
  const blocks = [{ address: address + 16, length: head.u32() }];
  for (const block of blocks) {
    const reader = await file.read(block.address, block.length);
    while (messages.length < count && reader.remaining >= 8) {
      const [type, size, flags] = [reader.u16(), reader.u16(), reader.u8()];
      reader.skip(3);
      file.budget.spend(costs.object, reader.offset);
      addMessage(messages, blocks, reader, { type, size, flags });
    }
  }
  if (messages.length !== count) throw file.malformed(address, `${count} header messages`, `${messages.length}`);
  return messages;
}

async function readObject2(file: Hdf5, address: number, head: ByteReader): Promise<Message[]> {
  head.expect("OHDR");
  if (head.u8() !== 2) throw head.error("object header version 2", "another");
  const flags = head.u8();
  head.skip((flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0));
  const length = sized(head, flags);
  const messages: Message[] = [];
  const blocks = [{ address: address + head.position, length }];
  for (const [index, block] of blocks.entries()) {
    // A continuation has a signature before and a checksum after its messages.
    const reader = await file.read(block.address, block.length);
    if (index > 0) reader.expect("OCHK");
    const tail = index > 0 ? 4 : 0;
    const messageHead = flags & 4 ? 6 : 4;
    while (reader.remaining - tail >= messageHead) {
      const [type, size, messageFlags] = [reader.u8(), reader.u16(), reader.u8()];
      if (flags & 4) reader.skip(2);
      file.budget.spend(costs.object, reader.offset);
      addMessage(messages, blocks, reader, { type, size, flags: messageFlags });
    }
  }
  return messages;
}

/** A length of 1, 2, 4 or 8 bytes, as the lowest two flags say. */
function sized(reader: ByteReader, flags: number): number {
  switch (flags & 3) {
    case 0:
      return reader.u8();
    case 1:
      return reader.u16();
    case 2:
      return reader.u32();
    default:
      return reader.u64();
  }
}

function addMessage(
  messages: Message[],
  blocks: { address: number; length: number }[],
  reader: ByteReader,
  { type, size, flags }: { type: number; size: number; flags: number },
): void {
  if (flags & 2) throw reader.error("a message of its own", "a shared one");
  const start = reader.offset;
  const bytes = reader.take(size);
  const contents = () => new ByteReader(reader.file, bytes, start);
  messages.push({ type, reader: contents });
  if (type !== messageTypes.continuation) return;
  const continuation = contents();
  blocks.push({ address: continuation.u64(), length: continuation.u64() });
}

/** The links of groups that were already read, so that a path through a group costs nothing the second time. */
const known = new WeakMap<readonly Message[], ReadonlyMap<string, number>>();

/** The objects of a group by name. @throws FormatError */
export async function readLinks(file: Hdf5, group: readonly Message[]): Promise<ReadonlyMap<string, number>> {
  const before = known.get(group);
  if (before) return before;
  const links = new Map<string, number>();
  for (const { type, reader } of group) {
    if (type === messageTypes.symbolTable) await readSymbolTable(file, reader(), links);
    else if (type === messageTypes.link) readLink(file, reader(), links);
    else if (type === messageTypes.linkInfo) refuseDenseLinks(reader());
  }
  known.set(group, links);
  return links;
}

/** Reads a text of the structure and charges it to the budget, because many names may be ends of one long text. */
export function readText(file: Hdf5, reader: ByteReader, length: number): string {
  file.budget.spend(costs.pair + costs.character * length, reader.offset);
  return reader.text(length);
}

/** IV.A.2.g. Only hard links are followed: a soft or external one could lead anywhere. */
function readLink(file: Hdf5, reader: ByteReader, links: Map<string, number>): void {
  if (reader.u8() !== 1) throw reader.error("link version 1", "another");
  const flags = reader.u8();
  const isHard = flags & 8 ? reader.u8() === 0 : true;
  reader.skip((flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
  const name = readText(file, reader, sized(reader, flags));
  if (isHard) links.set(name, reader.u64());
}

/** IV.A.2.c. */
function refuseDenseLinks(reader: ByteReader): void {
  reader.skip(1);
  reader.skip(reader.u8() & 1 ? 8 : 0);
  if (reader.address() !== undefined) throw reader.error("links in the group's header", "links in a fractal heap");
}

/** III.A.1, III.B, III.D: a B-tree of symbol table nodes, names in a local heap. */
async function readSymbolTable(file: Hdf5, message: ByteReader, links: Map<string, number>): Promise<void> {
  const [tree, heap] = [message.u64(), message.u64()];
  const names = await readLocalHeap(file, heap);
  for (const node of await readTree(file, tree, 0, 8)) {
    const head = await file.read(node.address, 8);
    head.expect("SNOD");
    head.skip(2);
    const count = head.u16();
    const reader = await file.read(node.address + 8, 40 * count);
    for (let i = 0; i < count; i++) {
      const [nameOffset, address, cache] = [reader.u64(), reader.u64(), reader.u32()];
      reader.skip(20);
      // Cache type 2 is a soft link.
      if (cache !== 2) links.set(nameAt(file, names, nameOffset), address);
    }
  }
}

async function readLocalHeap(file: Hdf5, address: number): Promise<ByteReader> {
  const reader = await file.read(address, 32);
  reader.expect("HEAP");
  reader.skip(4);
  const size = reader.u64();
  reader.skip(8);
  return file.read(reader.u64(), size);
}

function nameAt(file: Hdf5, heap: ByteReader, offset: number): string {
  const end = heap.bytes.indexOf(0, offset);
  if (end < 0) throw heap.error("a name in the heap", `none at ${offset}`, 0);
  heap.position = offset;
  return readText(file, heap, end - offset);
}

/** A child of the lowest level of a B-tree, with the key before it. */
export interface TreeChild {
  readonly key: ByteReader;
  readonly address: number;
}

/** III.A.1: the children of a version 1 B-tree of the given type (0 groups, 1 chunks), left to right. */
export async function readTree(file: Hdf5, root: number, type: number, keyBytes: number): Promise<TreeChild[]> {
  const children: TreeChild[] = [];
  const pending: { address: number; level?: number }[] = [{ address: root }];
  for (let node = pending.pop(); node; node = pending.pop()) {
    const head = await file.read(node.address, 24);
    head.expect("TREE");
    const [kind, level, count] = [head.u8(), head.u8(), head.u16()];
    if (kind !== type || (node.level !== undefined && level !== node.level)) {
      throw head.error(`a node of type ${type}, level ${node.level ?? "any"}`, `type ${kind}, level ${level}`);
    }
    const reader = await file.read(node.address + 24, count * (keyBytes + 8));
    const found: TreeChild[] = [];
    file.budget.spend(2 * costs.object * count, node.address);
    for (let i = 0; i < count; i++) {
      const start = reader.offset;
      found.push({ key: new ByteReader(reader.file, reader.take(keyBytes), start), address: reader.u64() });
    }
    if (level === 0) for (const child of found) children.push(child);
    else for (const { address } of found.reverse()) pending.push({ address, level: level - 1 });
  }
  return children;
}
