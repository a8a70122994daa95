import { InternalError } from "../errors.ts";

/** The pool keeps up to this many bytes of idle buffers, however few bytes are in use. */
const keptBytes = 2 ** 26;

/**
 * Keeps GPU buffers that were released, by size, and hands them out again: making a buffer costs more time than most
 * kernels.
 */
export class BufferPool {
  /** The idle buffers, ordered from the one that has been unused for longest. */
  readonly #idle = new Set<{ readonly size: number; readonly buffer: GPUBuffer }>();
  readonly #bySize = new Map<number, { readonly size: number; readonly buffer: GPUBuffer }[]>();
  #bytes = 0;

  take(size: number): GPUBuffer | undefined {
    const found = this.#bySize.get(size)?.pop();
    if (!found) return undefined;
    this.#idle.delete(found);
    this.#bytes -= size;
    return found.buffer;
  }

  /** @throws InternalError for a buffer that is idle already: it would be handed out twice. */
  give(size: number, buffer: GPUBuffer): void {
    const entry = { size, buffer };
    if (this.#bySize.get(size)?.some((idle) => idle.buffer === buffer)) {
      throw new InternalError({
        where: "buffer pool",
        expected: "a buffer in use to be released",
        got: `one of ${size} bytes that is idle`,
        remedy: "report this",
      });
    }
    this.#idle.add(entry);
    const same = this.#bySize.get(size);
    if (same) same.push(entry);
    else this.#bySize.set(size, [entry]);
    this.#bytes += size;
  }

  /**
   * Removes and returns the buffers that have been unused for longest, until at most `used` bytes, or 64 MiB, are idle.
   * Without this, a sequence of images of different sizes would leave buffers of every size behind.
   */
  surplus(used: number): GPUBuffer[] {
    const surplus: GPUBuffer[] = [];
    for (const entry of this.#idle) {
      if (this.#bytes <= Math.max(keptBytes, used)) break;
      this.#idle.delete(entry);
      const same = this.#bySize.get(entry.size)!;
      same.splice(same.indexOf(entry), 1);
      this.#bytes -= entry.size;
      surplus.push(entry.buffer);
    }
    return surplus;
  }
}

/** Rounds a size up, by at most an eighth, so that a released buffer fits a later request more often. */
export function poolSize(bytes: number): number {
  const step = Math.max(256, 2 ** Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.ceil(Math.max(bytes, 16) / step) * step;
}
