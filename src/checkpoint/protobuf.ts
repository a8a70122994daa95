import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FormatError } from "../errors.ts";
import { readBytes, type Source } from "./source.ts";

/** A field of a protobuf message, found but not read: its bytes stay in the file. */
export interface Field {
  readonly number: number;
  readonly wire: WireType;
  /** Where its contents lie; for a length-delimited field without the length. */
  readonly start: number;
  readonly end: number;
  /** Of a varint. */
  readonly value: number;
}

const windowBytes = 1 << 16;
/** A tag and a length are two varints of at most ten bytes. */
const longestHead = 20;

/**
 * Goes over the fields of the message that lies in [start, end) and calls `visit` for each. Contents of strings,
 * messages and packed arrays are passed over, not read, whatever their length.
 * @throws FormatError if the message is malformed
 */
export async function visitFields(
  source: Source,
  start: number,
  end: number,
  visit: (field: Field, window: FieldWindow) => Promise<void> | void,
): Promise<void> {
  const window = new FieldWindow(source, end);
  for (let position = start; position < end;) {
    if (!window.holds(position, longestHead)) await window.move(position);
    const field = window.field(position);
    const pending = visit(field, window);
    if (pending) await pending;
    position = field.end;
  }
}

/** The part of a message that is in memory while its fields are gone over. */
export class FieldWindow {
  private readonly source: Source;
  private readonly end: number;
  private bytes: Uint8Array = new Uint8Array();
  private start = 0;

  constructor(source: Source, end: number) {
    this.source = source;
    this.end = end;
  }

  holds(position: number, length: number): boolean {
    const until = Math.min(position + length, this.end);
    return position >= this.start && until <= this.start + this.bytes.length;
  }

  async move(position: number): Promise<void> {
    this.bytes = await readBytes(this.source, position, Math.min(windowBytes, this.end - position));
    this.start = position;
  }

  /** Bytes that `holds` has found to be here. */
  slice(position: number, length: number): Uint8Array {
    return this.bytes.subarray(position - this.start, position - this.start + length);
  }

  field(position: number): Field {
    const reader = new BinaryReader(this.bytes.subarray(position - this.start));
    let number: number, wire: WireType, value: number, length: number | undefined;
    try {
      [number, wire] = reader.tag();
      value = wire === WireType.Varint ? Number(reader.int64()) : 0;
      length = wire === WireType.LengthDelimited ? reader.uint32() : lengths[wire];
    } catch (cause) {
      throw this.malformed(position, (cause as Error).message, cause);
    }
    if (length === undefined) throw this.malformed(position, "a group, which Caffe never writes");
    const start = position + reader.pos;
    if (start + length > this.end) throw this.malformed(position, `one that ends after ${this.end}, where it should`);
    return { number, wire, value, start, end: start + length };
  }

  private malformed(offset: number, got: string, cause?: unknown): FormatError {
    const remedy = "the file is damaged, or no caffemodel; fetch it again";
    return new FormatError({ file: this.source.name, offset, expected: "a protobuf field", got, remedy }, { cause });
  }
}

/** Bytes after what the tag and the value of a varint take. */
const lengths: Partial<Record<WireType, number>> = {
  [WireType.Varint]: 0,
  [WireType.Bit32]: 4,
  [WireType.Bit64]: 8,
};
