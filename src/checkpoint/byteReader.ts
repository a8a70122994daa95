import { FormatError } from "../errors.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads little-endian numbers from a piece of a file that is in memory; every error carries the offset in the file. */
export class ByteReader {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The position in the file at which `bytes` begins. */
  readonly base: number;
  /** Position inside `bytes`. */
  position = 0;
  readonly #view: DataView;

  constructor(file: string, bytes: Uint8Array, base = 0) {
    this.file = file;
    this.bytes = bytes;
    this.base = base;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Position in the file. */
  get offset(): number {
    return this.base + this.position;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.position;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** An unsigned 64-bit number; beyond 2^53 it is an error, for no file is that large. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.error("a number below 2^53", `${value}`, this.position - 8);
    return Number(value);
  }

  /** A 64-bit file address; undefined for the all-ones address, with which HDF5 says "none". */
  address(): number | undefined {
    const undefinedAddress = 0xffffffffffffffffn;
    if (this.remaining >= 8 && this.#view.getBigUint64(this.position, true) === undefinedAddress) {
      this.position += 8;
      return undefined;
    }
    return this.u64();
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  text(length: number): string {
    const start = this.position;
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.error("UTF-8 text", "other bytes", start);
    }
  }

  /** Text up to the next line feed, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.error("a line", "no line feed before the end", this.position);
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }

  expect(signature: string): void {
    const start = this.position;
    const found = String.fromCharCode(...this.take(signature.length));
    if (found !== signature) throw this.error(`the signature ${signature}`, JSON.stringify(found), start);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  error(expected: string, got: string, position = this.position): FormatError {
    return new FormatError({
      file: this.file,
      offset: this.base + position,
      expected,
      got,
      remedy: "the file is damaged, or of a kind this library does not read",
    });
  }

  #advance(length: number): number {
    const start = this.position;
    if (!(length >= 0 && length <= this.remaining)) {
      throw this.error(`${length} more bytes`, `${this.remaining}`);
    }
    this.position += length;
    return start;
  }
}
