import { formatShape, sameShape } from "./shape.ts";

interface Shaped {
  readonly shape: readonly number[];
}

/**
 * Lists, one phrase each, how `got` differs from the expected tensors: names that are missing, names that are unknown,
 * shapes that differ.
 */
export function mismatches(
  expected: Readonly<Record<string, Shaped>>,
  got: Readonly<Record<string, Shaped>>,
): string[] {
  return [
    ...Object.keys(expected)
      .filter((name) => !Object.hasOwn(got, name))
      .map((name) => `${name} is missing`),
    ...Object.keys(got)
      .filter((name) => !Object.hasOwn(expected, name))
      .map((name) => `${name} is unknown`),
    ...Object.entries(expected).flatMap(([name, { shape }]) =>
      !Object.hasOwn(got, name) || sameShape(got[name]!.shape, shape)
        ? []
        : [`${name} is ${formatShape(got[name]!.shape)} instead of ${formatShape(shape)}`],
    ),
  ];
}

/** Lists the first few phrases and says how many more there are. */
export function listed(words: readonly string[], most = 6): string {
  return words.length > most ? `${words.slice(0, most).join(", ")} and ${words.length - most} more` : words.join(", ");
}
