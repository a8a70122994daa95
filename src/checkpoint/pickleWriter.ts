/** Writes the few instructions of pickle protocol 2 that a checkpoint needs; see unpickle.ts. */
export class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];

  global(module: string, name: string): this {
    return this.#put(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }
  text(value: string): this {
    const utf8 = new TextEncoder().encode(value);
    this.#put(0x58, ...littleEndian(BigInt(utf8.length), 4));
    for (const byte of utf8) this.#bytes.push(byte);
    return this;
  }
  /** BININT where it fits in a signed 32-bit number, else LONG1. */
  integer(value: number): this {
    if (value < 2 ** 31) return this.#put(0x4a, ...littleEndian(BigInt(value), 4));
    return this.#put(0x8a, 8, ...littleEndian(BigInt(value), 8));
  }
  /** BINFLOAT, whose bytes are in the other order. */
  float(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    return this.#put(0x47, ...bytes);
  }
  none(): this {
    return this.#put(0x4e);
  }
  yes(): this {
    return this.#put(0x88);
  }
  no(): this {
    return this.#put(0x89);
  }
  mark(): this {
    return this.#put(0x28);
  }
  endTuple(): this {
    return this.#put(0x74);
  }
  tuple(values: readonly number[]): this {
    this.mark();
    for (const value of values) this.integer(value);
    return this.endTuple();
  }
  /** An empty list, to which `append` adds the value above it. */
  list(): this {
    return this.#put(0x5d);
  }
  append(): this {
    return this.#put(0x61);
  }
  reduce(): this {
    return this.#put(0x52);
  }
  persistent(): this {
    return this.#put(0x51);
  }
  setItem(): this {
    return this.#put(0x73);
  }
  finish(): Uint8Array {
    return Uint8Array.from([...this.#bytes, 0x2e]);
  }

  #put(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
}

function littleEndian(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
