import { Reader, ZipReader, type FileEntry } from "@zip.js/zip.js/lib/zip-core.js";
import { costs, mostStructure, type Budget } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";
import { ByteReader } from "./byteReader.ts";
import { checkRange, errorAt, readBytes, type Source } from "./source.ts";

/** The entries of a zip archive of which none is compressed, as PyTorch writes it. */
export interface Archive {
  names(): Iterable<string>;
  /** The position at which an entry's header begins, and how many bytes it has. */
  find(name: string): { readonly offset: number; readonly size: number } | undefined;
  /** Returns the position in the file at which an entry's bytes begin. @throws FormatError */
  locate(name: string): Promise<number>;
  /** @throws FormatError if the entry is missing, longer than `most` bytes, or its checksum is wrong */
  read(name: string, most: number): Promise<Uint8Array>;
  /** Fills `target` with the bytes of an entry from `from` on. @throws FormatError if the checksum of all is wrong */
  readInto(name: string, target: Uint8Array, from?: number): Promise<void>;
}

/**
 * Reads the directory of a zip archive and checks that it is unambiguous and uncompressed: nothing in it can unfold.
 * @param explain the error for an archive with something compressed in it, if its names tell what it is
 * @throws FormatError
 */
export async function openZip(
  source: Source,
  budget: Budget,
  explain: (names: readonly string[]) => FormatError | undefined,
): Promise<Archive> {
  const reader = new ZipReader(new RangeReader(source), {
    // "strict" refuses what torch.save writes: a zip64 end record that the plain end record does not need.
    strictness: "balanced",
    maxAppendedDataSize: 0,
    checkOverlappingEntry: true,
    useWebWorkers: false,
  });
  const entries = new Map<string, FileEntry>();
  let packed: FileEntry | undefined;
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const name = entry.filename;
      budget.spend(costs.entry + costs.character * name.length, entry.offset);
      if (entry.directory) continue;
      const stored = entry.compressionMethod === 0 && entry.compressedSize === entry.uncompressedSize;
      if (!stored || entry.encrypted) packed ??= entry;
      else checkRange(source, entry.offset, entry.uncompressedSize);
      if (entries.has(name)) throw broken(source, entry.offset, "names of their own", `${printable(name)} again`);
      entries.set(name, entry);
    }
  } catch (cause) {
    throw cause instanceof FormatError ? cause : broken(source, source.size, "a zip archive", reason(cause), cause);
  }

  if (packed) {
    const expected = `${printable(packed.filename)} stored as it is`;
    throw explain([...entries.keys()]) ?? broken(source, packed.offset, expected, "a compressed or encrypted entry");
  }

  async function readInto(name: string, target: Uint8Array, from = 0): Promise<void> {
    const entry = entries.get(name)!;
    let position = 0;
    const writable = new WritableStream<Uint8Array>({
      write(piece) {
        const start = Math.max(0, from - position);
        const end = Math.min(piece.length, from + target.length - position);
        if (start < end) target.set(piece.subarray(start, end), position + start - from);
        position += piece.length;
      },
    });
    try {
      await entry.getData(writable, { checkCrc32: true, useWebWorkers: false });
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      throw broken(source, entry.offset, `the bytes of ${printable(name)}`, reason(cause), cause);
    }
    const size = entry.uncompressedSize;
    if (position !== size) throw broken(source, entry.offset, `${size} bytes`, `${position}`);
  }

  return {
    names: () => entries.keys(),
    find(name) {
      const entry = entries.get(name);
      return entry && { offset: entry.offset, size: entry.uncompressedSize };
    },
    async locate(name) {
      const { offset, uncompressedSize } = entries.get(name)!;
      const header = new ByteReader(source.name, await readBytes(source, offset, localHeader), offset);
      header.skip(localHeader - 4);
      const start = offset + localHeader + header.u16() + header.u16();
      checkRange(source, start, uncompressedSize);
      return start;
    },
    readInto,
    async read(name, most) {
      const entry = entries.get(name);
      if (!entry) throw broken(source, source.size, `an entry ${printable(name)}`, "none");
      if (entry.uncompressedSize > most) {
        throw broken(source, entry.offset, `at most ${most} bytes in ${printable(name)}`, `${entry.uncompressedSize}`);
      }
      const bytes = new Uint8Array(entry.uncompressedSize);
      await readInto(name, bytes);
      return bytes;
    },
  };
}

/** Bytes of an entry's own header, before its name and its extra field; the lengths of both are its last. */
const localHeader = 30;

/** The reader that zip.js uses. */
class RangeReader extends Reader<Source> {
  readonly #source: Source;

  constructor(source: Source) {
    super(source);
    this.#source = source;
    this.size = source.size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const size = Math.max(0, Math.min(length, this.size - index));
    // The directory is read at once, however long the file says that it is.
    if (size > mostStructure) throw broken(this.#source, index, `a directory below ${mostStructure} bytes`, `${size}`);
    const bytes = new Uint8Array(size);
    await this.#source.readInto(index, bytes);
    return bytes;
  }
}

function reason(cause: unknown): string {
  return printable(cause instanceof Error ? cause.message : String(cause));
}

function broken(source: Source, offset: number, expected: string, got: string, cause?: unknown): FormatError {
  const remedy = "the file is damaged, or not written by torch.save; fetch or save it again";
  return errorAt(source, offset, { expected, got, remedy }, cause);
}
