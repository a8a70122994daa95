import { crc32, deflateRawSync } from "node:zlib";

/** Text of one byte a character, as tables of formats are written. */
export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

type Part = Uint8Array | readonly number[];

export const join = (...parts: Part[]): Uint8Array => joinAll(parts);

/** Joins more parts than a call may have arguments. */
export function joinAll(parts: readonly Part[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
}

/** Repeats bytes a number of times. */
export const times = (count: number, unit: Uint8Array | string): Uint8Array =>
  new Uint8Array(Buffer.alloc(count * unit.length, typeof unit === "string" ? latin1(unit) : unit));

export const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
export const u32 = (value: number): number[] => [...u16(value), ...u16(value >>> 16)];
export const u64 = (value: number): number[] => [...u32(value), ...u32(Math.floor(value / 2 ** 32))];
export const bigEndian = (value: number): number[] => u32(value).reverse();

/** A zip archive of entries that are stored as they are, unless their names say that they are to be deflated. */
export function zipOf(
  entries: readonly (readonly [name: string, contents: Uint8Array])[],
  isDeflated: (name: string) => boolean = () => false,
): Uint8Array {
  const [locals, directory]: Uint8Array[][] = [[], []] as [never[], never[]];
  let offset = 0;
  for (const [name, contents] of entries) {
    const stored = isDeflated(name) ? new Uint8Array(deflateRawSync(contents)) : contents;
    const method = isDeflated(name) ? 8 : 0;
    const sizes = [...u32(crc32(contents)), ...u32(stored.length), ...u32(contents.length), ...u16(name.length)];
    const head = [20, 0, 0, 0, method, 0, 0, 0, 33, 0, ...sizes, 0, 0];
    const local = join(latin1("PK\x03\x04"), head, latin1(name), stored);
    const place = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u32(offset)];
    locals.push(local);
    directory.push(join(latin1("PK\x01\x02"), [20, 0], head, place, latin1(name)));
    offset += local.length;
  }
  const length = directory.reduce((sum, entry) => sum + entry.length, 0);
  const count = u16(Math.min(entries.length, 0xffff));
  const end = [...latin1("PK\x05\x06"), 0, 0, 0, 0, ...count, ...count, ...u32(length), ...u32(offset), 0, 0];
  return joinAll([...locals, ...directory, end]);
}

/** A chunk of a PNG, its checksum right. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = join(latin1(type), data);
  return join(bigEndian(data.length), body, bigEndian(crc32(body)));
}
