import { type CrfRnnError, FormatError, LimitError, ShapeError, ValueError } from "../errors.ts";
import { printable } from "../quote.ts";
import type { Progress } from "./progress.ts";

/** Exit status where some pictures were passed over. */
export const incomplete = 1;

/** A picture that was passed over, and why. */
export interface PassedOver {
  readonly id: string;
  readonly problem: string;
}

/**
 * Returns the error of one picture of many, after which others can be taken: its files are damaged or do not fit each other, or memory does not
 * suffice for it.
 * @throws the error itself where no other picture could be taken either, and with `--strict`
 */
export function ofOnePicture(error: unknown, { strict }: { readonly strict?: boolean }): CrfRnnError {
  const own = [FormatError, ShapeError, ValueError, LimitError].some((kind) => error instanceof kind);
  if (own && !strict) return error as CrfRnnError;
  throw error;
}

/** Tells at once, quiet or not, that a picture is passed over. */
export const tellPassedOver = (progress: Progress, problem: string): void =>
  progress.note(`crf-rnn: passed over: ${printable(problem, 1000)}`);

/** The words of a summary: how many were passed over, if any. */
export const countPassedOver = ({ length }: readonly unknown[]): string =>
  length > 0 ? `, ${length} passed over` : "";
