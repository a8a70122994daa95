import { findNodeAtLocation, parseTree, printParseErrorCode, visit, type JSONPath } from "jsonc-parser";
import * as valibot from "valibot";
import { FormatError } from "../errors.ts";

/** Above this size a wrong value is named by its path alone, not by its byte: the tree that finds the byte would not fit. */
const maximumTreeBytes = 2 ** 24;

/**
 * Reads JSON and checks it against a schema; what the schema does not name is left out.
 * @throws FormatError with the byte of the syntax error or of the value that does not fit, and the path to it
 */
export function parseJson<Output>(
  bytes: Uint8Array,
  file: string,
  schema: valibot.GenericSchema<unknown, Output>,
): Output {
  const text = new TextDecoder().decode(bytes);
  const result = valibot.safeParse(schema, parseText(text, file), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  throw new FormatError({
    file,
    offset: bytes.length <= maximumTreeBytes ? offsetOf(text, path) : undefined,
    expected: `${formatPath(path)}: ${issue.type === "custom" ? issue.message : (issue.expected ?? issue.message)}`,
    got: issue.received.slice(0, 60),
    remedy: "correct the file, or fetch it again",
  });
}

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

function formatPath(path: JSONPath): string {
  return (
    path
      .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
      .join("")
      .replace(/^\./, "") || "the whole"
  );
}
