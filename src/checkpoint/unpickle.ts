import { costs, type Budget } from "../budget.ts";
import { printable } from "../quote.ts";
import type { ByteReader } from "./byteReader.ts";

// Python's pickle is a program for a small stack machine. This machine runs the instructions that torch.save emits
// (protocols 2 to 5) and nothing else: a global is a name to look up in a fixed list, calling one runs a function of
// that list, and there is no way from a file to any other function of the host.
// Instructions: CPython, Lib/pickletools.py.

/** A Python tuple. Lists are arrays, dictionaries are maps. */
export class Tuple {
  readonly items: readonly unknown[];
  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/**
 * Stands for a dictionary key that is not text, such as the number of an optimizer's parameter. Nothing looks such a
 * key up. Numbers could be chosen so that a map takes quadratic time over them; objects cannot.
 */
export class OtherKey {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** Makes the error for the instruction that is running. */
export type Complain = (expected: string, got: string) => Error;

/** The names that a pickle may use, e.g. `torch.FloatStorage`. */
export class Global {
  readonly name: string;
  /** Makes the value of `name(values)`; without it, the name is only a name. */
  readonly call?: (values: readonly unknown[], complain: Complain) => unknown;

  constructor(name: string, call?: Global["call"]) {
    this.name = name;
    this.call = call;
  }
}

export interface Vocabulary {
  /** The vocabulary by full name, `module.name`. */
  readonly globals: ReadonlyMap<string, Global>;
  /** The value of a persistent id, with which torch.save refers to storages. */
  readonly persistent: (id: unknown, complain: Complain) => unknown;
}

/**
 * Runs one pickle; the reader stands after it then.
 * @throws FormatError at the offset of the instruction that is malformed, not allowed, or beyond the budget
 */
export function unpickle(reader: ByteReader, vocabulary: Vocabulary, budget: Budget): unknown {
  return new Machine(reader, vocabulary, budget).run();
}

const mark = Symbol("mark");

class Machine {
  readonly #stack: unknown[] = [];
  /** An array, not a map: picklers count from 0 or 1, and chosen numbers make a map slow. */
  readonly #memo: unknown[] = [];
  readonly #reader: ByteReader;
  readonly #vocabulary: Vocabulary;
  readonly #budget: Budget;
  /** Position of the running instruction. */
  #instruction = 0;

  constructor(reader: ByteReader, vocabulary: Vocabulary, budget: Budget) {
    this.#reader = reader;
    this.#vocabulary = vocabulary;
    this.#budget = budget;
  }

  run(): unknown {
    for (;;) {
      this.#instruction = this.#reader.position;
      this.#spend(costs.step);
      const code = this.#reader.u8();
      if (code === 0x2e) return this.#pop(); // STOP
      const value = this.#literal(code);
      if (value !== undefined) this.#stack.push(value);
      else if (!this.#container(code) && !this.#refer(code)) {
        throw this.#error("an instruction that torch.save writes", `0x${code.toString(16)}`);
      }
    }
  }

  readonly #error = (expected: string, got: string) => this.#reader.error(expected, got, this.#instruction);

  #spend(cost: number): void {
    this.#budget.spend(cost, this.#reader.base + this.#instruction);
  }

  #text(length: number): string {
    this.#spend(costs.character * length);
    return this.#reader.text(length);
  }

  #bytes(length: number): Uint8Array {
    this.#spend(costs.object);
    return this.#reader.take(length);
  }

  /** Instructions that push a value which they carry. */
  #literal(code: number): unknown {
    const reader = this.#reader;
    switch (code) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return reader.i32();
      case 0x4b: // BININT1
        return reader.u8();
      case 0x4d: // BININT2
        return reader.u16();
      case 0x8a: // LONG1
        return this.#integer(reader.u8());
      case 0x47: // BINFLOAT
        return reader.f64BigEndian();
      case 0x55: // SHORT_BINSTRING, text of Python 2
      case 0x8c: // SHORT_BINUNICODE
        return this.#text(reader.u8());
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        return this.#text(reader.u32());
      case 0x8d: // BINUNICODE8
        return this.#text(reader.u64());
      case 0x43: // SHORT_BINBYTES
        return this.#bytes(reader.u8());
      case 0x42: // BINBYTES
        return this.#bytes(reader.u32());
      case 0x5d: // EMPTY_LIST
        this.#spend(costs.list);
        return [];
      case 0x7d: // EMPTY_DICT
        this.#spend(costs.dictionary);
        return new Map();
      case 0x29: // EMPTY_TUPLE
        return this.#tuple([]);
      default:
        return undefined;
    }
  }

  /** Instructions that gather values from the stack. */
  #container(code: number): boolean {
    const stack = this.#stack;
    switch (code) {
      case 0x28: // MARK
        stack.push(mark);
        return true;
      case 0x30: // POP
        stack.pop();
        return true;
      case 0x31: // POP_MARK
        this.#popMark();
        return true;
      case 0x74: // TUPLE
        stack.push(this.#tuple(this.#popMark()));
        return true;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(this.#tuple(this.#popMany(code - 0x84)));
        return true;
      case 0x61: // APPEND
        this.#append(this.#popMany(1));
        return true;
      case 0x65: // APPENDS
        this.#append(this.#popMark());
        return true;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        return true;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMark());
        return true;
      default:
        return false;
    }
  }

  /** Instructions that name something: the memo, globals, calls, storages. */
  #refer(code: number): boolean {
    const [reader, stack] = [this.#reader, this.#stack];
    switch (code) {
      case 0x80: // PROTO
        if (reader.u8() > 5) throw this.#error("pickle protocol 5 or below", "a later one");
        return true;
      case 0x95: // FRAME
        reader.skip(8);
        return true;
      case 0x71: // BINPUT
        this.#remember(reader.u8());
        return true;
      case 0x72: // LONG_BINPUT
        this.#remember(reader.u32());
        return true;
      case 0x94: // MEMOIZE
        this.#remember(this.#memo.length);
        return true;
      case 0x68: // BINGET
        stack.push(this.#remembered(reader.u8()));
        return true;
      case 0x6a: // LONG_BINGET
        stack.push(this.#remembered(reader.u32()));
        return true;
      case 0x63: // GLOBAL
        stack.push(this.#lookUp(reader.line(), reader.line()));
        return true;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        stack.push(this.#lookUp(module, name));
        return true;
      }
      case 0x52: // REDUCE
        stack.push(this.#call());
        return true;
      case 0x62: // BUILD: torch.save attaches _metadata to a state's dictionary so; there is nothing to do with it
        this.#pop();
        if (!(this.#top() instanceof Map)) throw this.#error("attributes of a dictionary", "of another object");
        return true;
      case 0x51: // BINPERSID
        stack.push(this.#vocabulary.persistent(this.#pop(), this.#error));
        return true;
      default:
        return false;
    }
  }

  #lookUp(module: unknown, name: unknown): Global {
    if (typeof module !== "string" || typeof name !== "string") throw this.#error("a name", "another value");
    const global = this.#vocabulary.globals.get(`${module}.${name}`);
    if (global) return global;
    const got = `${printable(`${module}.${name}`)} (not looked up, nothing was run)`;
    throw this.#error("only names that a state dictionary needs", got);
  }

  #call(): unknown {
    const values = this.#pop();
    const global = this.#pop();
    if (!(values instanceof Tuple) || !(global instanceof Global) || !global.call) {
      throw this.#error("a call of an allowed name", "a call of something else");
    }
    this.#spend(costs.dictionary);
    return global.call(values.items, this.#error);
  }

  #append(values: unknown[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#error("a list to append to", "another value");
    this.#spend(costs.value * values.length);
    for (const value of values) list.push(value);
  }

  #setItems(values: unknown[]): void {
    const map = this.#top();
    if (!(map instanceof Map) || values.length % 2) throw this.#error("a dictionary and pairs", "other values");
    this.#spend((costs.pair / 2) * values.length);
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i];
      map.set(typeof key === "string" ? key : new OtherKey(key), values[i + 1]);
    }
  }

  #remembered(index: number): unknown {
    const value = this.#memo[index];
    if (value === undefined) throw this.#error(`value ${index} to be remembered`, "none");
    return value;
  }

  /** Picklers count on; where one left a gap, it is filled, and paid for. */
  #remember(index: number): void {
    this.#spend(costs.value * Math.max(1, index - this.#memo.length));
    while (this.#memo.length < index) this.#memo.push(undefined);
    this.#memo[index] = this.#top();
  }

  #tuple(values: unknown[]): Tuple {
    this.#spend(costs.list + costs.value * values.length);
    return new Tuple(values);
  }

  #integer(length: number): number | bigint {
    this.#spend(costs.step * length);
    return integer(this.#reader.take(length));
  }

  #top(): unknown {
    const value = this.#stack.at(-1);
    if (value === undefined || value === mark) throw this.#error("a value on the stack", "none");
    return value;
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popMark(): unknown[] {
    const position = this.#stack.lastIndexOf(mark);
    if (position < 0) throw this.#error("a mark on the stack", "none");
    const values = this.#stack.splice(position);
    values.shift();
    return values;
  }
}

/** Two's complement, little-endian, of any length up to 255 bytes; a bigint where a number would not be exact. */
function integer(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  value = BigInt.asIntN(8 * bytes.length, value);
  // A number for one that is beyond all numbers would be an infinity.
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
