import { ValueError } from "./errors.ts";
import type { Names } from "./options.ts";
import { found } from "./values.ts";

/** A stored network as its options are recognized by: the names and shapes of its tensors. */
export interface StoredShapes {
  has(name: string): boolean;
  /** The number of channels of a layer's result; 0 where there is no such layer. */
  outputs(layer: string): number;
}

/**
 * An option, described once. The type of the options, their defaults and the refusal of other values derive from it. So
 * do, outside of the library, the command line's flag, its help, and what is read from a checkpoint.
 */
export interface Description<Value> extends Sources<Value> {
  readonly default: Value;
  readonly accepts: (value: unknown) => value is Value;
  /** The values that it accepts, in words. */
  readonly expected: string;
  /** The only words that it accepts, where it accepts words. */
  readonly choices?: readonly string[];
}

/** Other sources of an option's value. */
interface Sources<Value> {
  /** The command line's flag with its argument, for example `--dropout <p>`, and its help. */
  readonly flag?: readonly [words: string, help: string];
  /**
   * Returns the value that a stored network had. Where it is left out, only the configuration beside the tensors has
   * the value.
   */
  readonly told?: (shapes: StoredShapes) => Value;
}

type ValueOf<Described> = Described extends Description<infer Value> ? Value : never;

/** Options as they are described, each of which may be left out. */
export type Given<Described> = { readonly [Name in keyof Described]?: ValueOf<Described[Name]> };

/** The values of all options that are described. */
export type Complete<Described> = { readonly [Name in keyof Described]: ValueOf<Described[Name]> };

type More<Value, Limits = unknown> = Sources<Value> & Limits;

/** The numbers that are accepted: those from `least` on, up to `most`, above `above` and below `below`. */
interface Range {
  readonly least?: number;
  readonly most?: number;
  readonly above?: number;
  readonly below?: number;
}

const isNumber = (value: unknown, { least = -Infinity, most = Infinity, above, below }: Range): value is number =>
  typeof value === "number" &&
  Number.isFinite(value) &&
  value >= least &&
  value <= most &&
  (above === undefined || value > above) &&
  (below === undefined || value < below);

function inWords(what: string, { least, most, above, below }: Range): string {
  if (above !== undefined) return `${what} above ${above}`;
  if (least !== undefined && below !== undefined) return `${what} from ${least} up to ${below}`;
  if (least !== undefined && most !== undefined) return `${what}, ${least} to ${most}`;
  return least === undefined ? what : `${what} of ${least} or more`;
}

/**
 * Describes a whole number. Like the others it is marked as free of effects, so that bundlers leave out what nothing uses.
 * @__NO_SIDE_EFFECTS__
 */
export function whole(value: number, { least, most, ...more }: More<number, Range>): Description<number> {
  const range = { least, most };
  const accepts = (one: unknown): one is number => isNumber(one, range) && Number.isInteger(one);
  return { default: value, accepts, expected: inWords("a whole number", range), ...more };
}

/** Describes a number, whole or not. @__NO_SIDE_EFFECTS__ */
export function number(
  value: number,
  { least, most, above, below, ...more }: More<number, Range>,
): Description<number> {
  const range = { least, most, above, below };
  const accepts = (one: unknown): one is number => isNumber(one, range);
  return { default: value, accepts, expected: inWords("a number", range), ...more };
}

/** Describes a value that is true or false. @__NO_SIDE_EFFECTS__ */
export function boolean(value: boolean, more: Sources<boolean> = {}): Description<boolean> {
  return { default: value, accepts: (one) => typeof one === "boolean", expected: "true or false", ...more };
}

/** Describes one of some words. @__NO_SIDE_EFFECTS__ */
export function choice<Word extends string>(
  choices: readonly Word[],
  value: NoInfer<Word>,
  more: Sources<Word> = {},
): Description<Word> {
  const accepts = (one: unknown): one is Word => choices.includes(one as Word);
  const expected = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return { default: value, accepts, expected, choices, ...more };
}

/**
 * Describes a list of as many values as the default has, or of the first `least` of them, each of which `of` accepts.
 * @__NO_SIDE_EFFECTS__
 */
export function list<List extends readonly (number | undefined)[]>(
  value: List,
  of: Pick<Description<number>, "accepts" | "expected">,
  { least = value.length, ...more }: More<List, { readonly least?: number }> = {},
): Description<List> {
  const accepts = (all: unknown): all is List =>
    Array.isArray(all) && all.length >= least && all.length <= value.length && all.every(of.accepts);
  const length = least === value.length ? `${least}` : `${least} to ${value.length}`;
  return { default: value, accepts, expected: `${length} values, each ${of.expected}`, ...more };
}

/** @throws ValueError unless the description accepts the value */
export function requireDescribed<Value>(
  where: string,
  name: string,
  { accepts, expected }: Pick<Description<Value>, "accepts" | "expected">,
  value: unknown,
): asserts value is Value {
  if (accepts(value)) return;
  const got = Array.isArray(value) ? `[${value.map(String).join(", ")}]` : found(value);
  throw new ValueError({ where, expected: `${name}: ${expected}`, got });
}

/** Returns the values of all options: those that are given, and the defaults of the others. @throws ValueError */
export function withDefaults<Described extends object>(
  where: string,
  descriptions: Described,
  given: Given<Described>,
): Complete<Described> {
  const entries = Object.entries(descriptions as Record<string, Description<unknown>>).map(([name, description]) => {
    const { [name]: value = description.default } = given as Record<string, unknown>;
    requireDescribed(where, name, description, value);
    return [name, value];
  });
  return Object.fromEntries(entries) as Complete<Described>;
}

/** Returns the names of the options that are described. */
export const namesOf = <Described extends object>(descriptions: Described): Names<Described> =>
  Object.fromEntries(Object.keys(descriptions).map((name) => [name, true])) as Names<Described>;

/**
 * Returns the options of a stored network. They are read from names and shapes where these tell them, and from `beside`
 * otherwise.
 */
export const recall = <Described extends object>(
  descriptions: Described,
  shapes: StoredShapes,
  beside: Given<Described>,
): Given<Described> =>
  Object.fromEntries(
    Object.entries(descriptions as Record<string, Description<unknown>>).map(([name, { told }]) => [
      name,
      told ? told(shapes) : (beside as Record<string, unknown>)[name],
    ]),
  ) as Given<Described>;
