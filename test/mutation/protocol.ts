import type { Folders } from "../hosts/folders.ts";
import type { DeviceChoice } from "../hosts/runner.ts";

/** What a worker is told when it starts: JSON in its last argument. */
export interface WorkerOptions {
  readonly folders: Folders;
  /** The device of the suites' cases; undefined: the tests of vitest run, which open their own. */
  readonly choice?: DeviceChoice;
}

/** What a case does where no mutant is active. */
export interface Measured {
  readonly name: string;
  readonly milliseconds: number;
  /** How often it asks for a mutant. */
  readonly asked: number;
  /** Mutants that it reaches. */
  readonly reached: readonly number[];
  /** Why it fails all the same. */
  readonly error?: string;
}

export type Request =
  /** Measures the cases whose names begin so, or all. */
  | { readonly kind: "measure"; readonly only?: readonly string[] }
  /** Runs cases with a mutant, until one fails. One that is reached when modules are loaded wants them loaded again. */
  | { readonly kind: "try"; readonly mutant: number; readonly cases: readonly Measured[]; readonly load: boolean };

export type Answer =
  /** Begins: whoever hears nothing for much longer than `milliseconds` may take the worker for hung. */
  | { readonly kind: "case"; readonly name: string; readonly milliseconds: number }
  | { readonly kind: "measured"; readonly cases: readonly Measured[]; readonly loaded: readonly number[] }
  /** Which case failed and why, if one did; `soiled` if it fails since without a mutant, too. */
  | { readonly kind: "tried"; readonly case?: string; readonly reason?: string; readonly soiled?: boolean };
