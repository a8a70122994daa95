import { InternalError } from "../errors.ts";

/** The pool keeps up to this many bytes of idle buffers, however few bytes are in use. */
const keptBytes = 2 ** 26;

/** So many waits are looked back on. An inference waits a few times, and so does a step of training. */
const lookBack = 16;

interface Idle {
  readonly size: number;
  readonly buffer: GPUBuffer;
  /** The wait in front of which it was last in use. */
  readonly turn: number;
}

/**
 * Keeps GPU buffers that were released, by size, and hands them out again: making a buffer costs more time than most
 * kernels. What the last steps of a loop have used stays, so that the next ones make none; what none of them has used goes.
 */
export class BufferPool {
  /** The idle buffers, ordered from the one that has been unused for longest. */
  readonly #idle = new Set<Idle>();
  readonly #bySize = new Map<number, Idle[]>();
  #idleBytes = 0;
  #usedBytes = 0;
  #turn = 0;
  /** The most bytes in use before each of the last waits, the latest of which is last. */
  #peaks = [0];

  /** The bytes of buffers that nobody uses. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** Counts a buffer of this size as used, and returns one that was idle; undefined where the caller has to make it. */
  take(size: number): GPUBuffer | undefined {
    this.#usedBytes += size;
    const last = this.#peaks.length - 1;
    this.#peaks[last] = Math.max(this.#peaks[last]!, this.#usedBytes);
    const found = this.#bySize.get(size)?.at(-1);
    if (found) this.#remove(found);
    return found?.buffer;
  }

  /** @throws InternalError for a buffer that is idle already: it would be handed out twice. */
  give(size: number, buffer: GPUBuffer): void {
    const entry = { size, buffer, turn: this.#turn };
    if (this.#bySize.get(size)?.some((idle) => idle.buffer === buffer)) {
      throw new InternalError({
        where: "buffer pool",
        expected: "a buffer in use to be released",
        got: `one of ${size} bytes that is idle`,
        remedy: "report this",
      });
    }
    this.#usedBytes -= size;
    this.#idle.add(entry);
    const same = this.#bySize.get(size);
    if (same) same.push(entry);
    else this.#bySize.set(size, [entry]);
    this.#idleBytes += size;
  }

  /**
   * Removes and returns buffers that have been unused for longest, until idle ones have at most twice the bytes that were in use at
   * one time of late, or 64 MiB. Without this, a sequence of images of different sizes would fill the memory.
   */
  surplus(): GPUBuffer[] {
    const most = Math.max(keptBytes, 2 * Math.max(...this.#peaks));
    return this.#drop(() => this.#idleBytes > most);
  }

  /** Begins a turn, after a wait. Removes and returns the buffers that were not in use since many waits ago. */
  turn(): GPUBuffer[] {
    this.#turn++;
    this.#peaks = [...this.#peaks, this.#usedBytes].slice(-lookBack);
    return this.#drop(({ turn }) => turn <= this.#turn - lookBack);
  }

  /** Removes and returns every idle buffer. */
  all(): GPUBuffer[] {
    return this.#drop(() => true);
  }

  #drop(goes: (entry: Idle) => boolean): GPUBuffer[] {
    const gone: GPUBuffer[] = [];
    for (const entry of this.#idle) {
      if (!goes(entry)) break;
      this.#remove(entry);
      gone.push(entry.buffer);
    }
    return gone;
  }

  #remove(entry: Idle): void {
    this.#idle.delete(entry);
    const same = this.#bySize.get(entry.size)!;
    same.splice(same.lastIndexOf(entry), 1);
    this.#idleBytes -= entry.size;
  }
}

/** Rounds a size up, by at most an eighth, so that a released buffer fits a later request more often. */
export function poolSize(bytes: number): number {
  const step = Math.max(256, 2 ** Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.ceil(Math.max(bytes, 16) / step) * step;
}
