/** A pattern that no case's name matches, with one sentence that says so. */
export class UnknownSuiteError extends Error {
  override readonly name = "UnknownSuiteError";
}

/** The path of a case's suite: `nn/crop` of `nn/crop: forward and back`. */
export const suiteOf = (name: string): string => name.slice(0, name.indexOf(": "));

/**
 * The names that one of the patterns matches, all where there are no patterns. A pattern is a part of a case's full name
 * (`nn/relu`, `nn/crop: forward`), or a regular expression over it.
 * @throws UnknownSuiteError if a pattern matches nothing
 */
export function selectCases(names: readonly string[], patterns: readonly string[]): string[] {
  const tests = patterns.map((pattern) => {
    const matches = matcher(pattern);
    if (names.some(matches)) return matches;
    const nearest = nearestOf(pattern, [...new Set(names.map(suiteOf))]);
    throw new UnknownSuiteError(`no case's name has "${pattern}"; the nearest suite is ${nearest} (--list shows all)`);
  });
  return names.filter((name) => tests.length === 0 || tests.some((matches) => matches(name)));
}

/** Text that is no regular expression, an open parenthesis for one, still is a part of a name. */
function matcher(pattern: string): (name: string) => boolean {
  let expression: RegExp | undefined;
  try {
    expression = new RegExp(pattern);
  } catch {
    expression = undefined;
  }
  return (name) => name.includes(pattern) || expression?.test(name) === true;
}

const nearestOf = (word: string, words: readonly string[]): string =>
  words.reduce((best, other) => (distance(word, other) < distance(word, best) ? other : best));

/** How many letters have to be added, removed or replaced (Levenshtein), by the rows of the usual table. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
