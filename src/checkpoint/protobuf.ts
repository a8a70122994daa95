import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { FormatError } from "../errors.ts";
import { errorAt, readBytes, type Source } from "./source.ts";

/** A field of a protobuf message, found but not read: its bytes stay in the file. */
export interface Field {
  readonly number: number;
  readonly wire: WireType;
  /** The position of the field's contents. For a length-delimited field this excludes the length. */
  readonly start: number;
  readonly end: number;
  /** The value of a varint field. */
  readonly value: number;
}

const windowBytes = 1 << 16;
/** A tag and a length are two varints of at most ten bytes. */
const longestHead = 20;

/**
 * Goes over the fields of the message that lies in [start, end) and calls `visit` for each. Contents of strings,
 * messages and packed arrays are passed over, not read, whatever their length. `visit` may go over a message inside with
 * the same window.
 * @throws FormatError if the message is malformed
 */
export async function visitFields(
  window: FieldWindow,
  start: number,
  end: number,
  visit: (field: Field) => Promise<void> | void,
): Promise<void> {
  for (let position = start; position < end;) {
    if (!window.holds(position, longestHead)) await window.move(position);
    const field = window.field(position, end);
    const pending = visit(field);
    if (pending) await pending;
    position = field.end;
  }
}

/** The part of a file that is in memory while its fields are gone over, from its beginning to its end. */
export class FieldWindow {
  readonly source: Source;
  #bytes = new Uint8Array();
  #reader = new BinaryReader(this.#bytes);
  #start = 0;

  constructor(source: Source) {
    this.source = source;
  }

  holds(position: number, length: number): boolean {
    const until = Math.min(position + length, this.source.size);
    return position >= this.#start && until <= this.#start + this.#bytes.length;
  }

  async move(position: number): Promise<void> {
    const length = Math.min(windowBytes, this.source.size - position);
    this.#bytes = await readBytes(this.source, position, length);
    this.#reader = new BinaryReader(this.#bytes);
    this.#start = position;
  }

  /** Reads bytes that `holds` has found to be in memory. */
  slice(position: number, length: number): Uint8Array {
    return this.#bytes.subarray(position - this.#start, position - this.#start + length);
  }

  /** Bytes of a field, from memory where they are there. */
  async read(position: number, length: number): Promise<Uint8Array> {
    return this.holds(position, length) ? this.slice(position, length) : readBytes(this.source, position, length);
  }

  /** The field at `position` of a message that goes to `end`. */
  field(position: number, end: number): Field {
    const reader = this.#reader;
    reader.pos = position - this.#start;
    let number: number, wire: WireType, value: number, length: number | undefined;
    try {
      [number, wire] = reader.tag();
      value = wire === WireType.Varint ? Number(reader.int64()) : 0;
      length = wire === WireType.LengthDelimited ? reader.uint32() : lengths[wire];
    } catch (cause) {
      throw this.#malformed(position, (cause as Error).message, cause);
    }
    if (length === undefined) throw this.#malformed(position, "a group, which Caffe never writes");
    const start = this.#start + reader.pos;
    if (start + length > end) throw this.#malformed(position, `one that ends after ${end}, where it should`);
    return { number, wire, value, start, end: start + length };
  }

  #malformed(offset: number, got: string, cause?: unknown): FormatError {
    const remedy = "the file is damaged, or no caffemodel; fetch it again";
    return errorAt(this.source, offset, { expected: "a protobuf field", got, remedy }, cause);
  }
}

/** Counts the bytes of a varint field that follow its tag and value. */
const lengths: Partial<Record<WireType, number>> = {
  [WireType.Varint]: 0,
  [WireType.Bit32]: 4,
  [WireType.Bit64]: 8,
};
