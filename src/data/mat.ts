import { Budget, costs } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { inflate } from "./inflate.ts";
import { maximumPixels } from "./labels.ts";
import { quote } from "../quote.ts";

/** A matrix of whole numbers out of a `.mat` file: `values` is `[rows, columns]`, row by row. */
export interface MatMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Uint16Array<ArrayBuffer>;
}

/** A run of bytes to read from: a file, or one inflated element of it. */
interface Source {
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly budget: Budget;
  /** Throws a FormatError that names the byte `at` of this run. */
  fail(at: number, expected: string, got: string, remedy?: string): never;
}

interface Element {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** The position at which the following element starts. */
  readonly next: number;
}

interface Matrix {
  readonly source: Source;
  readonly arrayClass: number;
  readonly dimensions: readonly number[];
  readonly name: string;
  /** The position at which the contents start, behind flags, dimensions and name. */
  readonly at: number;
  readonly end: number;
}

const headerBytes = 128;
const maximumInflated = 2 ** 26;
/** How much memory one more inflater takes for its window and tables. */
const inflater = 2 ** 17;
const type = { int8: 1, uint8: 2, int32: 5, uint32: 6, matrix: 14, compressed: 15, utf8: 16 } as const;
const structClass = 2;
const numericClasses = { first: 6, last: 13 } as const;

const numbers: Record<
  number,
  { readonly size: number; readonly read: (v: DataView, at: number, little: boolean) => number }
> = {
  1: { size: 1, read: (v, at) => v.getInt8(at) },
  2: { size: 1, read: (v, at) => v.getUint8(at) },
  3: { size: 2, read: (v, at, little) => v.getInt16(at, little) },
  4: { size: 2, read: (v, at, little) => v.getUint16(at, little) },
  5: { size: 4, read: (v, at, little) => v.getInt32(at, little) },
  6: { size: 4, read: (v, at, little) => v.getUint32(at, little) },
  7: { size: 4, read: (v, at, little) => v.getFloat32(at, little) },
  9: { size: 8, read: (v, at, little) => v.getFloat64(at, little) },
};

/**
 * Reads one matrix of labels from a MATLAB 5 `.mat` file (The MathWorks, "MAT-File Format"), compressed or not, of either
 * byte order. `path` names a variable and, inside scalar structs, fields: `["GTcls", "Segmentation"]`. What lies beside the
 * path is skipped unread. Every declared size is held against the bytes present before anything is allocated.
 * @throws FormatError for anything but a matrix `[rows, columns]` of whole numbers 0…65535 at `path`
 */
export function readMat(bytes: Uint8Array, file: string, path: readonly string[]): MatMatrix {
  const source = openMat(bytes, file);
  let matrix = findVariable(source, bytes, file, path[0]!);
  for (const field of path.slice(1)) matrix = findField(matrix, field);
  return readNumbers(matrix);
}

function openMat(bytes: Uint8Array, file: string): Source {
  const fail: Source["fail"] = (at, expected, got, remedy = "the file is damaged: fetch it again") => {
    throw new FormatError({ file, offset: Math.min(at, bytes.length), expected, got, remedy });
  };
  if (bytes.length < headerBytes) fail(0, `a header of ${headerBytes} bytes`, `${bytes.length} bytes`);
  const mark = String.fromCharCode(bytes[126]!, bytes[127]!);
  if (mark !== "IM" && mark !== "MI") fail(126, "the byte order mark of a MATLAB 5 file", "something else");
  const budget = new Budget(file, bytes.length);
  const source = { view: viewOf(bytes), littleEndian: mark === "IM", budget, fail };
  const version = source.view.getUint16(124, source.littleEndian);
  if (version !== 0x0100) fail(124, "version 5 (0x0100)", `0x${version.toString(16)}`, "save it with -v7, not -v7.3");
  return source;
}

function findVariable(source: Source, bytes: Uint8Array, file: string, name: string): Matrix {
  let inflatable = maximumInflated;
  const seen: string[] = [];
  for (let at = headerBytes; at < bytes.length;) {
    source.budget.spend(costs.object, at);
    const element = readElement(source, at, bytes.length);
    let inner = source;
    if (element.type === type.compressed) {
      source.budget.spend(inflater, at);
      const inflated = inflate(bytes.subarray(element.start, element.end), inflatable, {
        file,
        offset: (position) => element.start + position,
      });
      inflatable -= inflated.length;
      inner = { ...source, view: viewOf(inflated), fail: insideInflated(source, element.start) };
    }
    const found = inner === source ? element : readElement(inner, 0, inner.view.byteLength);
    const matrix = readMatrix(inner, found, inner === source ? at : 0);
    if (matrix.name === name) return matrix;
    if (seen.length < 5) seen.push(matrix.name);
    // Compressed elements are not padded.
    at = element.type === type.compressed ? element.end : element.next;
  }
  return source.fail(headerBytes, `a variable ${name}`, seen.length ? `only ${seen.map(quote).join(", ")}` : "none");
}

function insideInflated(outer: Source, start: number): Source["fail"] {
  return (at, expected, got, remedy) =>
    outer.fail(start, `${expected} (${at} bytes into the inflated element)`, got, remedy);
}

function findField(matrix: Matrix, name: string): Matrix {
  const { source, end } = matrix;
  if (matrix.arrayClass !== structClass)
    source.fail(matrix.at, `a struct with the field ${name}`, `class ${matrix.arrayClass}`);
  if (matrix.dimensions.some((size) => size !== 1))
    source.fail(matrix.at, "one struct", `an array [${matrix.dimensions.join(", ")}]`);
  const lengthElement = readElement(source, matrix.at, end);
  if (lengthElement.type !== type.int32 || lengthElement.end - lengthElement.start !== 4) {
    source.fail(matrix.at, "the length of field names", `type ${lengthElement.type}`);
  }
  const length = source.view.getInt32(lengthElement.start, source.littleEndian);
  const names = readElement(source, lengthElement.next, end);
  const bytes = names.end - names.start;
  if (length < 1 || bytes % length !== 0)
    source.fail(names.start, "field names of one length", `${bytes} bytes for names of ${length}`);
  let at = names.next;
  const seen: string[] = [];
  for (let i = names.start; i < names.end; i += length) {
    // The place is of the inflated bytes, if there are any; the account gives none.
    source.budget.spend(costs.object);
    const element = readElement(source, at, end);
    const field = text(source, i, i + length);
    if (field === name) return readMatrix(source, element, at);
    if (seen.length < 5) seen.push(field);
    at = element.next;
  }
  return source.fail(names.start, `a field ${name}`, seen.length ? `only ${seen.map(quote).join(", ")}` : "none");
}

function readMatrix(source: Source, element: Element, at: number): Matrix {
  if (element.type !== type.matrix) source.fail(at, `an array (type ${type.matrix})`, `type ${element.type}`);
  const flags = readElement(source, element.start, element.end);
  if (flags.type !== type.uint32 || flags.end - flags.start !== 8)
    source.fail(element.start, "array flags", `type ${flags.type}`);
  const sizes = readElement(source, flags.next, element.end);
  const count = (sizes.end - sizes.start) / 4;
  if (sizes.type !== type.int32 || !Number.isInteger(count) || count < 2) {
    source.fail(flags.next, "two dimensions or more", `type ${sizes.type}, ${sizes.end - sizes.start} bytes`);
  }
  const name = readElement(source, sizes.next, element.end);
  if (name.type !== type.int8 && name.type !== type.uint8 && name.type !== type.utf8) {
    source.fail(sizes.next, "an array name", `type ${name.type}`);
  }
  return {
    source,
    arrayClass: source.view.getUint32(flags.start, source.littleEndian) & 0xff,
    dimensions: Array.from({ length: Math.min(count, 32) }, (_, i) =>
      source.view.getInt32(sizes.start + 4 * i, source.littleEndian),
    ),
    name: text(source, name.start, name.end),
    at: name.next,
    end: element.end,
  };
}

function readNumbers({ source, arrayClass, dimensions, at, end }: Matrix): MatMatrix {
  const [rows = 0, columns = 0] = dimensions;
  if (arrayClass < numericClasses.first || arrayClass > numericClasses.last)
    source.fail(at, "a matrix of numbers", `class ${arrayClass}`);
  if (dimensions.length !== 2 || rows < 1 || columns < 1 || rows * columns > maximumPixels) {
    source.fail(at, `[rows, columns] of at most ${maximumPixels} pixels`, `[${dimensions.join(", ")}]`);
  }
  const element = readElement(source, at, end);
  const number = numbers[element.type] ?? source.fail(at, "stored numbers", `type ${element.type}`);
  const [declared, present] = [rows * columns * number.size, element.end - element.start];
  if (declared !== present) source.fail(at, `${declared} bytes for [${rows}, ${columns}]`, `${present}`);
  const values = new Uint16Array(rows * columns);
  for (let column = 0, from = element.start; column < columns; column++) {
    for (let row = 0; row < rows; row++, from += number.size) {
      const value = number.read(source.view, from, source.littleEndian);
      const stored = (values[row * columns + column] = value);
      if (values[row * columns + column] !== stored) source.fail(from, "whole numbers 0…65535", `${value}`);
    }
  }
  return { rows, columns, values };
}

/** Reads one tag, of eight bytes or of four with up to four bytes of data beside it. */
function readElement(source: Source, at: number, end: number): Element {
  const { view, littleEndian } = source;
  if (at + 8 > end) source.fail(at, "a tag of 8 bytes", `${Math.max(end - at, 0)} bytes`);
  const first = view.getUint32(at, littleEndian);
  if (first >>> 16) {
    if (first >>> 16 > 4) source.fail(at, "at most 4 bytes beside a short tag", `${first >>> 16}`);
    return { type: first & 0xffff, start: at + 4, end: at + 4 + (first >>> 16), next: at + 8 };
  }
  const size = view.getUint32(at + 4, littleEndian);
  const start = at + 8;
  if (size > end - start) source.fail(at + 4, `at most the ${end - start} bytes that are left`, `${size} declared`);
  return { type: first, start, end: start + size, next: start + Math.ceil(size / 8) * 8 };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function text({ view }: Source, start: number, end: number): string {
  let characters = "";
  const stop = Math.min(end, start + 256);
  for (let at = start; at < stop && view.getUint8(at) !== 0; at++) characters += String.fromCharCode(view.getUint8(at));
  return characters;
}
