import { printParseErrorCode, visit, type JSONPath } from "jsonc-parser";
import * as valibot from "valibot";
import { Budget, mostStructure } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";
import { jsonText } from "./jsonText.ts";

/** In larger files a wrong value is named only by its path and not by its byte, because the text is not kept. */
const maximumLocated = 2 ** 24;

/** The values of a JSON file, and their positions. */
export interface Json<Output> {
  readonly value: Output;
  /** The byte of the value at a path, or of what should hold it; unknown in files above 16 MiB. */
  locate(path: JSONPath): number | undefined;
  /** An error about the value at a path. */
  wrong(path: JSONPath, expected: string, got: string): FormatError;
}

/**
 * Reads JSON and checks it against a schema; what the schema does not name is left out.
 * @param mostPerByte what values may take beyond the bound for all files, times the file's size: for annotations alone
 * @throws FormatError with the byte of the syntax error or of the value that does not fit, and the path to it
 */
export function parseJson<Output>(
  bytes: Uint8Array,
  file: string,
  schema: valibot.GenericSchema<unknown, Output>,
  mostPerByte = 0,
): Json<Output> {
  // A mark of byte order is no part of JSON, though some editors write one.
  const base = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const budget = new Budget(file, bytes.length, Math.max(mostStructure, mostPerByte * bytes.length));
  const text = jsonText(bytes.subarray(base), budget, { file, base });
  const locate = locator(bytes.length <= maximumLocated ? text : undefined, base);
  const wrong = (path: JSONPath, expected: string, got: string): FormatError => {
    const remedy = "correct the file, or fetch it again";
    return new FormatError({ file, offset: locate(path), expected: `${formatPath(path)}: ${expected}`, got, remedy });
  };
  const result = valibot.safeParse(schema, parseText(text, file, base), { abortEarly: true });
  if (result.success) return { value: result.output, locate, wrong };
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const expected = issue.type === "custom" ? issue.message : (issue.expected ?? issue.message);
  throw wrong(path, expected, printable(issue.received));
}

/** Holds on to the text for as long as errors may come; hence not to that of a large file. */
const locator = (text: string | undefined, base: number) => (path: JSONPath) =>
  text === undefined ? undefined : base + offsetOf(text, path);

/** A whole number in `least…most`, as a schema. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  valibot.custom<number>(
    (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value <= most,
    `a whole number ${least}…${most}`,
  );

function parseText(text: string, file: string, base: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw syntaxError(text, file, base, cause);
  }
}

/** JSON.parse does not say where it stopped in every host: a second parser, run only on failure, finds the byte. */
function syntaxError(text: string, file: string, base: number, cause: unknown): FormatError {
  let at = text.length;
  let got = "the end";
  stopping((stop) => {
    const onError: Parameters<typeof visit>[1]["onError"] = (error, offset) => {
      [at, got] = [offset, printParseErrorCode(error)];
      stop();
    };
    visit(text, { onError }, { disallowComments: true });
  });
  const offset = base + byteLength(text, at);
  return new FormatError(
    { file, offset, expected: "JSON", got, remedy: "correct the file, or fetch it again" },
    { cause },
  );
}

/** The byte of the value at a path of a well-formed text; the last part of the path may be what is missing. */
function offsetOf(text: string, path: JSONPath): number {
  let [found, length] = [0, -1];
  stopping((stop) => {
    // Decides whether the parser looks into the value that begins here. It does so unless the value's path differs from
    // the one searched for.
    const look = (offset: number, _length: number, _line: number, _column: number, pathOf: () => JSONPath): boolean => {
      const here = pathOf();
      if (here.length > path.length || here.some((part, i) => part !== path[i])) return false;
      if (here.length > length) [found, length] = [offset, here.length];
      if (length === path.length) stop();
      return true;
    };
    const pass = (): void => {};
    visit(text, {
      onObjectBegin: look,
      onArrayBegin: look,
      // The parser counts out of what it was told to pass over only if these are there.
      onObjectEnd: pass,
      onArrayEnd: pass,
      onLiteralValue: (_value, ...place) => void look(...place),
    });
  });
  return byteLength(text, found);
}

/** Runs something that its own callbacks may stop. */
function stopping(run: (stop: () => never) => void): void {
  const reason = {};
  try {
    run(() => {
      throw reason;
    });
  } catch (error) {
    if (error !== reason) throw error;
  }
}

const byteLength = (text: string, end: number): number => new TextEncoder().encode(text.slice(0, end)).length;

export function formatPath(path: JSONPath): string {
  return (
    path
      .map((part) => (typeof part === "number" ? `[${part}]` : `.${printable(part, 40)}`))
      .join("")
      .replace(/^\./, "") || "the whole"
  );
}
