import { FormatError } from "./errors.ts";

/**
 * The most that the structure of one file may cost, in bytes of memory: its names, shapes, nesting, directories and
 * messages. A host starts at some 60 MB and holds the bytes that were read besides; with this limit it stays below 512
 * MB. At 32 bytes a step or more the structure is also work of about a second.
 */
export const mostStructure = 192 * 2 ** 20;

/** A file may also cost at most this many times its own size, beyond one mebibyte that every file may cost. */
export const structurePerByte = 64;
const freeStructure = 2 ** 20;

/**
 * The bytes of pixels that an image may have however small its file is: those of the largest label map, of one color. A
 * larger image may have `structurePerByte` times the bytes of its file, and photographs have less.
 */
export const freePixelBytes = 2 ** 26 + 2 ** 16;

/** The cost of things in bytes, rounded up from what V8 takes for them. Reading is charged by the byte. */
export const costs = {
  /** An instruction of a pickle, a separator in JSON: the least that anything costs. */
  step: 32,
  /** A value in a list, a stack or a tuple. */
  value: 16,
  /** A field of a message of protobuf. */
  field: 128,
  /** A list, a tuple, a view of bytes. */
  list: 64,
  /** An object of a class of ours, with a reader or a function. */
  object: 256,
  /** A dictionary, and each pair in it. */
  dictionary: 256,
  pair: 128,
  /** A character of text. */
  character: 2,
  /** A tensor, with everything that is made of it until it has our names. */
  tensor: 1024,
  /** An entry of a zip archive, which the library holds as an object of fifty fields and takes 30 µs to read. */
  entry: 8192,
  /** One call to the host to read. It costs time and not memory: as much time as 8192 bytes of structure take. */
  read: 8192,
} as const;

const structure = (most: number): string => `names, shapes and nesting that take at most ${most} bytes to hold`;

/**
 * The account of one reading. Everything that a reader makes or does because the file says so is charged here first, so
 * that time and memory are bounded by the file's size, and by a constant for all files. The numbers of tensors and
 * pixels are not structure: readers compare what a file declares of them with the bytes that it has.
 */
export class Budget {
  /** Bytes that this file's structure may cost. */
  readonly most: number;
  /** Bytes that it has cost so far. */
  spent = 0;
  readonly #file: string;
  readonly #size: number;
  readonly #what: (most: number) => string;

  /**
   * @param most a bound in addition to the one that follows from the file's size
   * @param what names the thing that is limited, where it is not the structure
   */
  constructor(file: string, size: number, most = mostStructure, what = structure) {
    this.#file = file;
    this.#size = size;
    this.#what = what;
    this.most = Math.min(most, structurePerByte * size + freeStructure);
  }

  /** @throws FormatError at the byte `offset`, if known, as soon as more is spent than there is */
  spend(cost: number, offset?: number): void {
    this.spent += cost;
    if (this.spent > this.most) throw this.#exhausted(offset);
  }

  #exhausted(offset?: number): FormatError {
    return new FormatError({
      file: this.#file,
      offset: offset === undefined ? undefined : Math.min(offset, this.#size),
      expected: this.#what(this.most),
      got: "more",
      remedy: "do not trust the file: it is damaged, or made to exhaust memory",
    });
  }
}
