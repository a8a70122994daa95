import { costs, type Budget } from "../budget.ts";
import { FormatError } from "../errors.ts";

/**
 * The deepest nesting that is accepted. The files read here have five levels, and recursive parsers overflow their
 * stack beyond some thousands.
 */
const deepest = 64;
/** How many bytes are examined between two charges to the budget. */
const step = 1 << 16;

/** The place of a JSON text: its file, and the byte of the file at which it begins. */
export interface JsonPlace {
  readonly file: string;
  readonly base: number;
}

/**
 * The text of JSON that may be parsed: UTF-8, and neither deeper nor made of more values than the budget has room for. Whether
 * it is well-formed is left to the parser.
 * @throws FormatError with the byte
 */
export function jsonText(bytes: Uint8Array, budget: Budget, { file, base }: JsonPlace): string {
  const remedy = "correct the file, or fetch it again";
  const deep = findDeep(bytes, (cost, at) => budget.spend(cost, base + at));
  if (deep !== undefined) {
    const got = "deeper ones";
    throw new FormatError({ file, offset: base + deep, expected: `JSON of at most ${deepest} levels`, got, remedy });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const facts = { file, offset: base + wrongByte(bytes), expected: "JSON in UTF-8", got: "other bytes", remedy };
    throw new FormatError(facts, { cause });
  }
}

/** Adds up what the values will take; returns the byte at which nesting goes too deep. */
function findDeep(bytes: Uint8Array, spend: (cost: number, at: number) => void): number | undefined {
  const levels = { depth: 0, inText: false };
  for (let start = 0; start < bytes.length; start += step) {
    const end = Math.min(bytes.length, start + step);
    let { depth, inText } = levels;
    let cost = costs.character * (end - start);
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 0x22) inText = !inText || isEscaped(bytes, at);
      else if (inText || byte < 0x2c) continue;
      else if (byte === 0x2c) cost += costs.step;
      else if (byte === 0x3a) cost += costs.pair;
      else if (byte === 0x7b || byte === 0x5b) {
        cost += byte === 0x7b ? costs.dictionary : costs.list;
        if (++depth > deepest) return at;
      } else if (byte === 0x7d || byte === 0x5d) depth--;
    }
    Object.assign(levels, { depth, inText });
    spend(cost, end);
  }
  return undefined;
}

/** Whether an odd number of backslashes stands before a quotation mark. */
function isEscaped(bytes: Uint8Array, mark: number): boolean {
  let at = mark;
  while (at > 0 && bytes[at - 1] === 0x5c) at--;
  return (mark - at) % 2 === 1;
}

/** The first byte that is no UTF-8, or begins a character that is not whole. */
function wrongByte(bytes: Uint8Array): number {
  let start = 0;
  while (start + step < bytes.length && isUtf8(bytes.subarray(start, boundary(bytes, start + step)))) {
    start = boundary(bytes, start + step);
  }
  let [good, bad] = [start, Math.min(bytes.length, start + step)];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(bytes.subarray(start, middle), true)) good = middle;
    else bad = middle;
  }
  while (!isUtf8(bytes.subarray(start, good))) good--;
  return good;
}

/** The place where the character begins that goes over `at`: at most three bytes before. */
function boundary(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 3 && start > 0 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

/** Whether bytes are UTF-8; where more follow, the last character need not be whole. */
function isUtf8(bytes: Uint8Array, stream = false): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}
