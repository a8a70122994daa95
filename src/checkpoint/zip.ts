import { Reader, ZipReader, type FileEntry } from "@zip.js/zip.js/lib/zip-core.js";
import { FormatError } from "../errors.ts";
import { checkRange, type Source } from "./source.ts";

/** The entries of a zip archive of which none is compressed, as PyTorch writes it. */
export interface Archive {
  names(): Iterable<string>;
  /** Where an entry begins, and how many bytes it holds. */
  find(name: string): { readonly offset: number; readonly size: number } | undefined;
  /** @throws FormatError if the entry is missing, longer than `most` bytes, or its checksum is wrong */
  read(name: string, most: number): Promise<Uint8Array>;
  /** Fills `target`, which is as long as the entry. @throws FormatError if the checksum is wrong */
  readInto(name: string, target: Uint8Array): Promise<void>;
}

/**
 * Reads the directory of a zip archive and checks that it is unambiguous and uncompressed: nothing in it can unfold.
 * @throws FormatError
 */
export async function openZip(source: Source): Promise<Archive> {
  const reader = new ZipReader(new RangeReader(source), {
    // "strict" refuses what torch.save writes: a zip64 end record that the plain end record does not need.
    strictness: "balanced",
    maxAppendedDataSize: 0,
    checkOverlappingEntry: true,
    useWebWorkers: false,
  });
  const entries = new Map<string, FileEntry>();
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory) continue;
      const stored = entry.compressionMethod === 0 && entry.compressedSize === entry.uncompressedSize;
      if (!stored || entry.encrypted) {
        throw broken(source, entry.offset, `${entry.filename} stored as it is`, "a compressed or encrypted entry");
      }
      checkRange(source, entry.offset, entry.uncompressedSize);
      if (entries.has(entry.filename)) throw broken(source, entry.offset, "names of their own", entry.filename);
      entries.set(entry.filename, entry);
    }
  } catch (cause) {
    throw cause instanceof FormatError ? cause : broken(source, source.size, "a zip archive", reason(cause), cause);
  }

  async function readInto(name: string, target: Uint8Array): Promise<void> {
    const entry = entries.get(name)!;
    let position = 0;
    const writable = new WritableStream<Uint8Array>({
      write(piece) {
        target.set(piece, position);
        position += piece.length;
      },
    });
    try {
      await entry.getData(writable, { checkSignature: true, useWebWorkers: false });
    } catch (cause) {
      if (cause instanceof FormatError) throw cause;
      throw broken(source, entry.offset, `the bytes of ${name}`, reason(cause), cause);
    }
    if (position !== target.length) throw broken(source, entry.offset, `${target.length} bytes`, `${position}`);
  }

  return {
    names: () => entries.keys(),
    find(name) {
      const entry = entries.get(name);
      return entry && { offset: entry.offset, size: entry.uncompressedSize };
    },
    readInto,
    async read(name, most) {
      const entry = entries.get(name);
      if (!entry) throw broken(source, source.size, `an entry ${name}`, "none");
      if (entry.uncompressedSize > most) {
        throw broken(source, entry.offset, `at most ${most} bytes in ${name}`, `${entry.uncompressedSize}`);
      }
      const bytes = new Uint8Array(entry.uncompressedSize);
      await readInto(name, bytes);
      return bytes;
    },
  };
}

/** What zip.js reads from. */
class RangeReader extends Reader<Source> {
  private readonly source: Source;

  constructor(source: Source) {
    super(source);
    this.source = source;
    this.size = source.size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - index)));
    await this.source.readInto(index, bytes);
    return bytes;
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function broken(source: Source, offset: number, expected: string, got: string, cause?: unknown): FormatError {
  const remedy = "the file is damaged, or not written by torch.save; fetch or save it again";
  return new FormatError({ file: source.name, offset, expected, got, remedy }, { cause });
}
