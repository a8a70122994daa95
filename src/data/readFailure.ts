import { FormatError } from "../errors.ts";
import { printable } from "../quote.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a path through something that is no folder",
  EISDIR: "a folder",
  EACCES: "one that may not be read",
  ERR_FS_FILE_TOO_LARGE: "more than 2 GiB",
};

/** Why the host did not read a file, as messages put it. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return reasons[code ?? ""] ?? printable(message);
}

/** Returns the error for a file that the host did not read. */
export function readFailure(file: string, cause: unknown): FormatError {
  const facts = { file, expected: "a readable file", got: reasonOf(cause), remedy: "check the path" };
  return new FormatError(facts, { cause });
}
