import { findNodeAtLocation, parseTree, printParseErrorCode, visit, type JSONPath } from "jsonc-parser";
import * as valibot from "valibot";
import { FormatError } from "../errors.ts";

/** Above this size a wrong value is named by its path alone, not by its byte: the tree that finds the byte would not fit. */
const maximumTreeBytes = 2 ** 24;

/** What a JSON file says, and where. */
export interface Json<Output> {
  readonly value: Output;
  /** The byte of the value at a path, or of what should hold it; unknown in files above 16 MiB. */
  locate(path: JSONPath): number | undefined;
  /** An error about the value at a path. */
  wrong(path: JSONPath, expected: string, got: string): FormatError;
}

/**
 * Reads JSON and checks it against a schema; what the schema does not name is left out.
 * @throws FormatError with the byte of the syntax error or of the value that does not fit, and the path to it
 */
export function parseJson<Output>(
  bytes: Uint8Array,
  file: string,
  schema: valibot.GenericSchema<unknown, Output>,
): Json<Output> {
  const text = new TextDecoder().decode(bytes);
  const locate = locator(bytes.length <= maximumTreeBytes ? text : undefined);
  const wrong = (path: JSONPath, expected: string, got: string): FormatError => {
    const remedy = "correct the file, or fetch it again";
    return new FormatError({ file, offset: locate(path), expected: `${formatPath(path)}: ${expected}`, got, remedy });
  };
  const result = valibot.safeParse(schema, parseText(text, file), { abortEarly: true });
  if (result.success) return { value: result.output, locate, wrong };
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const expected = issue.type === "custom" ? issue.message : (issue.expected ?? issue.message);
  throw wrong(path, expected, issue.received.slice(0, 60));
}

/** Holds on to the text for as long as errors may come; hence not to that of a large file. */
const locator = (text: string | undefined) => (path: JSONPath) =>
  text === undefined ? undefined : offsetOf(text, path);

/** A whole number in `least…most`, as a schema. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  valibot.custom<number>(
    (value) => typeof value === "number" && Number.isInteger(value) && value >= least && value <= most,
    `a whole number ${least}…${most}`,
  );

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw syntaxError(text, file, cause);
  }
}

/** JSON.parse does not say where it stopped in every host: a second parser, run only on failure, finds the byte. */
function syntaxError(text: string, file: string, cause: unknown): FormatError {
  let at: number | undefined;
  let got = (cause as Error).message;
  const stop = new Error("found");
  try {
    visit(
      text,
      {
        onError: (error, offset) => {
          at = offset;
          got = printParseErrorCode(error);
          throw stop;
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    // Nesting that is too deep for the second parser leaves the byte unknown.
    if (error !== stop && !(error instanceof RangeError)) throw error;
  }
  const offset = at === undefined ? undefined : byteLength(text, at);
  return new FormatError(
    { file, offset, expected: "JSON", got, remedy: "correct the file, or fetch it again" },
    { cause },
  );
}

function offsetOf(text: string, path: JSONPath): number | undefined {
  try {
    const tree = parseTree(text);
    // The last part of the path may be what is missing: then its parent is where to look.
    for (let length = path.length; tree && length >= 0; length--) {
      const node = findNodeAtLocation(tree, path.slice(0, length));
      if (node) return byteLength(text, node.offset);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

const byteLength = (text: string, end: number): number => new TextEncoder().encode(text.slice(0, end)).length;

export function formatPath(path: JSONPath): string {
  return (
    path
      .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
      .join("")
      .replace(/^\./, "") || "the whole"
  );
}
