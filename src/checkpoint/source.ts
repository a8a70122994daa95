import { readFailure } from "../data/readFailure.ts";
import { FormatError } from "../errors.ts";

/** A file that is read by ranges, so that it never has to be in memory whole. */
export interface Source {
  /** The file's name in error messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills `target` with the bytes from `offset` on. The caller has checked that they lie inside the file. */
  readInto(offset: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Bytes already in memory. */
export function bytesSource(bytes: Uint8Array, name = "bytes"): Source {
  return {
    name,
    size: bytes.byteLength,
    async readInto(offset, target) {
      target.set(bytes.subarray(offset, offset + target.byteLength));
    },
    async close() {},
  };
}

/** Large blobs are fetched in pieces of this many bytes, since each piece is in memory twice for a moment. */
const blobPiece = 1 << 24;

/** A `Blob` or a browser's `File`; read by slices. */
export function blobSource(blob: Blob, name = (blob as File).name ?? "blob"): Source {
  return {
    name,
    size: blob.size,
    async readInto(offset, target) {
      for (let start = 0; start < target.byteLength; start += blobPiece) {
        const end = Math.min(target.byteLength, start + blobPiece);
        target.set(new Uint8Array(await blob.slice(offset + start, offset + end).arrayBuffer()), start);
      }
    },
    async close() {},
  };
}

/**
 * A file of the host (Node ≥ 20.16, Deno), read by ranges.
 * @throws FormatError if it is missing, not a plain file, or there is no file system.
 */
export async function fileSource(path: string): Promise<Source> {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  if (!fs) {
    throw new FormatError({ file: path, expected: "a file system", got: "a host without one", remedy: "pass a Blob" });
  }
  const unreadable = (cause: unknown): never => {
    throw readFailure(path, cause);
  };
  // This is checked before the file is opened, because opening a pipe waits for its writer.
  const facts = await fs.stat(path).catch(unreadable);
  if (!facts.isFile()) {
    const got = facts.isDirectory() ? "a folder" : "a pipe or device";
    throw new FormatError({ file: path, expected: "a regular file", got, remedy: "check the path" });
  }
  const handle = await fs.open(path, "r").catch(unreadable);
  const source: Source = {
    name: path,
    size: facts.size,
    async readInto(offset, target) {
      for (let done = 0; done < target.byteLength;) {
        // One read call of the operating system takes at most 2 GiB.
        const length = Math.min(target.byteLength - done, 1 << 30);
        const { bytesRead } = await handle.read(target, done, length, offset + done).catch((cause: unknown) => {
          const facts = {
            file: path,
            offset: offset + done,
            expected: "a readable file",
            got: (cause as Error).message,
          };
          throw new FormatError({ ...facts, remedy: "check the disk" }, { cause });
        });
        if (bytesRead === 0) throw ended(source, offset + done, target.byteLength - done);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
  return source;
}

/**
 * `length` bytes from `offset` on, in memory of their own.
 * @throws FormatError if the file ends before; nothing is allocated then.
 */
export async function readBytes(source: Source, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  checkRange(source, offset, length);
  const bytes = new Uint8Array(length);
  await source.readInto(offset, bytes);
  return bytes;
}

/** An error about a place in a file. A place that the file itself names may lie beyond its end, and is brought back to it. */
export function errorAt(
  source: Source,
  offset: number,
  facts: { readonly expected: string; readonly got: string; readonly remedy: string },
  cause?: unknown,
): FormatError {
  const place = offset >= 0 ? Math.min(offset, source.size) : 0;
  return new FormatError({ file: source.name, offset: place, ...facts }, { cause });
}

/** @throws FormatError if the range does not lie inside the file. */
export function checkRange(source: Source, offset: number, length: number): void {
  if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0)) {
    throw errorAt(source, Number.isNaN(offset) ? source.size : offset, {
      expected: "offsets and lengths below 2^53",
      got: `offset ${offset}, length ${length}`,
      remedy: "the file is damaged; fetch it again",
    });
  }
  if (offset + length > source.size) throw ended(source, offset, length);
}

function ended(source: Source, offset: number, length: number): FormatError {
  return errorAt(source, offset, {
    expected: `${length} bytes`,
    got: `the end of the file after ${Math.max(0, source.size - offset)}`,
    remedy: "the file is truncated or damaged; fetch it again",
  });
}
