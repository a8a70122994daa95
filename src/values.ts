import { ShapeError, ValueError } from "./errors.ts";

interface Described {
  describe(): string;
}

/** Describes a value for errors: `a Float32Array`, `a promise`, `nothing`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return value === null ? "null" : "nothing";
  if (typeof value === "string") return `the string ${brief(value)}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `the ${typeof value} ${brief(String(value))}`;
  if (typeof (value as Partial<Promise<unknown>>).then === "function") return "a promise";
  if (Array.isArray(value)) return "an array";
  // Tensors, labels and lattices describe themselves.
  if (typeof (value as { describe?: unknown }).describe === "function") return (value as Described).describe();
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const name = tag === "Object" ? (value.constructor?.name ?? "object") : tag;
  if (name === "Object") return "a plain object";
  return `${/^(?:[AEIO]|U(?!int))/i.test(name) ? "an" : "a"} ${name}`;
}

/**
 * Describes a value that was found where a number was expected: the number itself, or what kind of value it is instead.
 */
export const found = (value: unknown): string => (typeof value === "number" ? String(value) : kindOf(value));

/** Returns a remedy for what `kindOf` found, if one is known (await it, for a promise), and `otherwise` if none is. */
export const remedyFor = (value: unknown, otherwise: string): string =>
  kindOf(value) === "a promise" ? "await it first" : otherwise;

const brief = (text: string): string => (text.length > 40 ? `"${text.slice(0, 37)}…"` : `"${text}"`);

/**
 * @throws ValueError unless `data` is an array, typed or not, of numbers; ShapeError unless it has `length` of them. The
 * elements of typed arrays are numbers by type, those of others are looked at: a nested array would become NaN.
 */
export function requireNumbers(where: string, data: unknown, length: number): asserts data is ArrayLike<number> {
  const remedy = remedyFor(data, "pass a flat array, typed or not, of as many numbers as the product of the shape");
  const bad = (got: string): ValueError => new ValueError({ where, expected: `${length} numbers`, got, remedy });
  const typed = ArrayBuffer.isView(data) && !(data instanceof DataView);
  const listed = typeof data === "object" && data !== null && "length" in data && typeof data.length === "number";
  if (!typed && !listed) throw bad(kindOf(data));
  if (/^Big/.test(Object.prototype.toString.call(data).slice(8)))
    throw bad(`${kindOf(data)}, whose elements are bigints`);
  const values = data as ArrayLike<number>;
  if (!typed) {
    for (let i = 0; i < values.length; i++) {
      if (typeof values[i] !== "number") throw bad(`${kindOf(values[i])} at index ${i}`);
    }
  }
  if (values.length === length) return;
  throw new ShapeError({ where, expected: `${length} values`, got: String(values.length), remedy });
}

/** @throws ValueError unless `value` is finite and at least `least`. */
export function requireNumber(where: string, name: string, value: unknown, least = -Infinity): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return;
  const expected = least === -Infinity ? `a finite ${name}` : `a ${name} of ${least} or more`;
  throw new ValueError({ where, expected, got: found(value) });
}

/** @throws ValueError unless `value` is one of `choices`. */
export function requireChoice<Choice extends string>(
  where: string,
  name: string,
  value: unknown,
  choices: readonly Choice[],
): asserts value is Choice {
  if (choices.includes(value as Choice)) return;
  throw new ValueError({
    where,
    expected: `${name}: ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`,
    got: kindOf(value),
  });
}

/** @throws ValueError unless `value` is true, false or left out. */
export function requireFlag(where: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new ValueError({ where, expected: `${name}: true or false`, got: kindOf(value) });
}
