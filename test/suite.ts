/**
 * What a host-neutral suite may use. A suite file `test/<room>/<name>.suite.ts` exports `cases`; the same bundle of all
 * suites runs in Node, Deno and Chromium, on every device (test/hosts), so nothing here or in a suite may import vitest,
 * a Node built-in or a package.
 */
import type { Device } from "../src/device/device.ts";
import { type NpyArray, parseNpy } from "./npy.ts";

/**
 * One test of a suite. Throwing, or a rejected promise, is a failure, and so is device memory that is not given back;
 * there is no way to skip.
 */
export interface Case {
  readonly name: string;
  run(device: Device, fixtures: Fixtures): Promise<void>;
}

/** A suite's `cases`: a list, or a function where the list depends on files such as a manifest. */
export type Cases = readonly Case[] | ((fixtures: Fixtures) => Promise<readonly Case[]>);

/** Read-only files, by paths whose first word names the folder: `shared/goldens/manifest.json`, `fixtures/x.npy`. */
export interface Fixtures {
  /** Whether the folder `shared` (CRF_RNN_SHARED, else ../shared) is there; `fixtures` is test/fixtures and always is. */
  readonly shared: boolean;
  /** Rejects if there is no such file. */
  bytes(path: string): Promise<Uint8Array>;
}

export async function readNpy(fixtures: Fixtures, path: string): Promise<NpyArray> {
  return parseNpy(await fixtures.bytes(path), path);
}

export async function readJson<T>(fixtures: Fixtures, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await fixtures.bytes(path))) as T;
}

/** A failed assertion; vitest shows its message as it stands. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** What `close` forgives, per element: absolute + relative·|expected| + ofMaximum·max|expected|. Default: nothing. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
  /** Share of the largest magnitude expected, the goldens' measure. */
  readonly ofMaximum?: number;
  /**
   * How many elements may differ by more than the tolerance (points that one rounding moves into another simplex).
   * Default: 0.
   */
  readonly outliers?: number;
}

/** Fails unless every element of `actual` lies within the tolerance; NaN is close to nothing. */
export function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what: string,
): void {
  check(actual.length === expected.length, `${what}: expected ${expected.length} elements, got ${actual.length}`);
  const { absolute = 0, relative = 0, ofMaximum = 0, outliers = 0 } = tolerance;
  const base = absolute + (ofMaximum === 0 ? 0 : ofMaximum * maximum(expected));
  let beyond = 0;
  let worst = 0;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    const excess = Math.abs(actual[i]! - expected[i]!) - base - relative * Math.abs(expected[i]!);
    if (excess <= 0 || actual[i] === expected[i]) continue;
    beyond++;
    if (excess <= worstExcess) continue;
    worst = i;
    worstExcess = Number.isNaN(excess) ? Infinity : excess;
  }
  if (beyond <= outliers) return;
  const allowed = base + relative * Math.abs(expected[worst]!);
  throw new AssertionError(
    `${what}: ${beyond} of ${expected.length} elements beyond the tolerance (${outliers} allowed); worst at ${worst}: ` +
      `expected ${expected[worst]}, got ${actual[worst]}, allowed difference ${allowed}`,
  );
}

/** Fails unless both hold the same values bit for bit; NaN equals NaN, 0 does not equal -0. */
export function same(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  check(actual.length === expected.length, `${what}: expected ${expected.length} elements, got ${actual.length}`);
  if (sameWords(actual, expected)) return;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    throw new AssertionError(`${what}: expected ${expected[i]} at ${i}, got ${actual[i]}`);
  }
}

/** Tells quickly that arrays of one kind hold the same words; millions of numbers take a hundredth of a second. */
function sameWords(actual: ArrayLike<number>, expected: ArrayLike<number>): boolean {
  for (const kind of [Float32Array, Uint32Array]) {
    if (!(actual instanceof kind && expected instanceof kind)) continue;
    const [a, b] = [actual, expected].map(
      ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length),
    ) as [Uint32Array, Uint32Array];
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return i === a.length;
  }
  return false;
}

/** Fails unless `promise` (or the function, called) fails with an error of this class; resolves to that error. */
export async function rejects<E extends Error>(
  promise: Promise<unknown> | (() => unknown),
  errorClass: abstract new (...args: never[]) => E,
  what = "call",
): Promise<E> {
  let value: unknown;
  try {
    value = await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    check(error instanceof errorClass, `${what}: expected ${errorClass.name}, got ${error}`);
    return error;
  }
  throw new AssertionError(`${what}: expected ${errorClass.name}, but it gave ${value}`);
}

/** The largest magnitude in an array, 0 if it is empty. */
export function maximum(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** Seeded random numbers: the same on every host. */
export interface Random {
  /** At least `low`, below `high`. */
  uniform(low?: number, high?: number): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** A whole number from 0, below `limit`. */
  integer(limit: number): number;
  /** `length` float32 values of `uniform`. */
  array(length: number, low?: number, high?: number): Float32Array;
}

/** Marsaglia's 32-bit xorshift (2003), its state started by one round of Knuth's multiplicative hash. */
export function random(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 2654435761) || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const uniform = (low = 0, high = 1): number => low + (high - low) * next();
  // A loop, because `Float32Array.from` with a function takes ten times as long.
  const array = (length: number, low?: number, high?: number): Float32Array => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) values[i] = uniform(low, high);
    return values;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    integer: (limit) => Math.floor(next() * limit),
    array,
  };
}
