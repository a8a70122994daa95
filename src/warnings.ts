import { CrfWarning, type ErrorFacts, ValueError, type WarningCode } from "./errors.ts";
import { kindOf, requireFlag } from "./values.ts";

/** The mistakes that a CRF looks for. */
export const suspicionCodes: readonly WarningCode[] = [
  "guide-range",
  "probabilities",
  "channels-first",
  "constant-scores",
  "one-class",
];

/**
 * Hears of mistakes that do not end a call. What it throws ends the call.
 * @example
 * const strict = crfRnn(device, {
 *   classes: 21,
 *   onWarning: (warning) => {
 *     throw warning;
 *   },
 * });
 */
export type OnWarning = (warning: CrfWarning) => void;

/** Who hears of warnings. */
export interface WarningOptions {
  /** Hears of each kind of mistake once. Default: the console, unless `process.env.NODE_ENV` is `production`. */
  readonly onWarning?: OnWarning;
  /** False silences warnings, and nothing is looked for. Default: true. */
  readonly warnings?: boolean;
}

/** @throws ValueError */
export function requireWarningOptions(where: string, { onWarning, warnings }: WarningOptions): void {
  requireFlag(where, "warnings", warnings);
  if (onWarning === undefined || typeof onWarning === "function") return;
  throw new ValueError({ where, expected: "onWarning: a function", got: kindOf(onWarning) });
}

/** One who listens, and the kinds of mistakes that were not told yet. */
export interface Listener {
  readonly due: ReadonlySet<WarningCode>;
  tell(code: WarningCode, facts: ErrorFacts): void;
}

/** The warnings of a device. Each listener hears of each kind of mistake once. */
export class Warnings {
  readonly #told = new WeakMap<OnWarning, Set<WarningCode>>();
  #options: WarningOptions = {};

  /** Sets who hears of calls without options of their own. */
  listen(options: WarningOptions): void {
    this.#options = options;
  }

  /** Who hears of the mistakes `codes` of a call with options of its own: nobody if nobody listens or all were told. */
  listener(own: WarningOptions, codes: readonly WarningCode[]): Listener | undefined {
    const onWarning = this.#heardBy(own);
    if (!onWarning) return undefined;
    const told = this.#told.get(onWarning) ?? new Set();
    const due = new Set(codes.filter((code) => !told.has(code)));
    if (due.size === 0) return undefined;
    return {
      due,
      tell: (code, facts) => {
        // Another call may have told it in the meantime.
        const known = this.#told.get(onWarning) ?? new Set();
        if (known.has(code)) return;
        this.#told.set(onWarning, known.add(code));
        onWarning(new CrfWarning({ ...facts, code }));
      },
    };
  }

  #heardBy({ warnings, onWarning }: WarningOptions): OnWarning | undefined {
    if (warnings === false) return undefined;
    if (onWarning) return onWarning;
    if (this.#options.warnings === false) return undefined;
    return this.#options.onWarning ?? (inProduction() ? undefined : toConsole);
  }
}

/**
 * Bundlers replace `process.env.NODE_ENV` by a word, so it has to stand here as it is; a page without a bundler has no `process`,
 * and Deno may not let it be read.
 */
function inProduction(): boolean {
  try {
    return process.env.NODE_ENV === "production";
  } catch {
    return false;
  }
}

/** Prints the one sentence without the stack, which is that of this library. */
function toConsole({ message }: CrfWarning): void {
  // oxlint-disable-next-line no-console -- This is what the option `onWarning` is documented to do by default.
  console.warn(`crf-rnn: ${message}`);
}
