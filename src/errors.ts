import { printable, printableEnd } from "./quote.ts";

/** The parts of an error: where it arose, what was expected, what was found, and what to do about it. */
export interface ErrorFacts {
  /** The function, kernel, file or flag that noticed, e.g. `filter` or `logits.npy`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** One imperative clause without a full stop, e.g. `pass features of 8 dimensions or fewer`. */
  readonly remedy?: string;
}

/** Base of every error this library throws on purpose. The message reads "where: expected …, got … — remedy". */
export abstract class CrfRnnError extends Error implements ErrorFacts {
  /** The class's name as a literal, since minifiers rename classes. */
  abstract override readonly name: string;
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly remedy?: string;

  constructor(facts: ErrorFacts, options?: ErrorOptions) {
    super(
      `${facts.where}: expected ${facts.expected}, got ${facts.got}${facts.remedy ? ` — ${facts.remedy}` : ""}`,
      options,
    );
    this.where = facts.where;
    this.expected = facts.expected;
    this.got = facts.got;
    this.remedy = facts.remedy;
  }
}

/** Shapes or sizes that do not fit together. */
export class ShapeError extends CrfRnnError {
  override readonly name = "ShapeError";
}

/** A value for which the computation is not defined: NaN, infinity, a bandwidth of zero. */
export class ValueError extends CrfRnnError {
  override readonly name = "ValueError";
}

/** A size that the device, the lattice keys or the address space cannot hold. */
export class LimitError extends CrfRnnError {
  override readonly name = "LimitError";
}

/** A device that is missing, was lost, ran out of memory or refused a command; `kernel` names the kernel if known. */
export class DeviceError extends CrfRnnError {
  override readonly name: string = "DeviceError";
  readonly kernel?: string;
  constructor(facts: ErrorFacts & { readonly kernel?: string }, options?: ErrorOptions) {
    super(facts, options);
    this.kernel = facts.kernel;
  }
}

/** A kernel that the device's compiler rejected, with the file and line inside `kernels/`. */
export class ShaderError extends DeviceError {
  override readonly name = "ShaderError";
  readonly file: string;
  readonly line: number;
  constructor(facts: ErrorFacts & { readonly kernel: string; file: string; line: number }, options?: ErrorOptions) {
    super(facts, options);
    this.file = facts.file;
    this.line = facts.line;
  }
}

/** Use of a tensor, lattice or device after `dispose()`. */
export class DisposedError extends CrfRnnError {
  override readonly name = "DisposedError";
}

/**
 * A `FormatError` takes at most this many characters of each of its parts, because they may quote a file. No message
 * becomes longer than 1000 characters.
 */
const longest = { file: 160, expected: 280, got: 340, remedy: 170 } as const;

/**
 * A file that is missing, unreadable, truncated or malformed; `offset` is the byte where reading stopped, if known. Readers
 * quote what comes out of the file; should one forget, its text is escaped and cut short here.
 */
export class FormatError extends CrfRnnError {
  override readonly name = "FormatError";
  readonly file: string;
  readonly offset?: number;
  constructor(
    facts: Omit<ErrorFacts, "where"> & { readonly file: string; readonly offset?: number },
    options?: ErrorOptions,
  ) {
    const { file, remedy } = facts;
    const offset = Number.isSafeInteger(facts.offset) && facts.offset! >= 0 ? facts.offset : undefined;
    const place = printableEnd(file, longest.file);
    super(
      {
        where: offset === undefined ? place : `${place} at byte ${offset}`,
        expected: printable(facts.expected, longest.expected),
        got: printable(facts.got, longest.got),
        remedy: remedy && printable(remedy, longest.remedy),
      },
      options,
    );
    this.file = file;
    this.offset = offset;
  }
}

/** Command-line words that do not fit: a flag's value, a missing folder, flags that exclude each other. */
export class UsageError extends CrfRnnError {
  override readonly name = "UsageError";
}

/** A call that was ended by its `AbortSignal`; `cause` is the signal's reason. Everything it had made was given back. */
export class AbortError extends CrfRnnError {
  override readonly name = "AbortError";
}

/** The kinds of mistakes that are noticed without ending a call. */
export type WarningCode =
  /** The colors of the guide differ by less than θβ, as after a division by 255 or by a standard deviation. */
  | "guide-range"
  /** The scores are probabilities, whose logarithms are the logits. */
  | "probabilities"
  /** The scores lie channels first under a shape with the channels last. */
  | "channels-first"
  /** All pixels have the same scores. */
  | "constant-scores"
  /** There is one class, which every pixel gets. */
  | "one-class";

/** A probable mistake in what a call was given. It is not thrown: see the option `onWarning` of `open`, `crfRnn` and `refine`. */
export class CrfWarning extends CrfRnnError {
  override readonly name = "CrfWarning";
  readonly code: WarningCode;
  constructor(facts: ErrorFacts & { readonly code: WarningCode }) {
    super(facts);
    this.code = facts.code;
  }
}

/** A fault of this library itself, found by a check of its own; please report it. */
export class InternalError extends CrfRnnError {
  override readonly name = "InternalError";
}
