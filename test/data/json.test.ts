import fc from "fast-check";
import * as valibot from "valibot";
import { expect, test } from "vitest";
import { parseJson } from "../../src/data/json.ts";
import { FormatError } from "../../src/errors.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(utf8(text), "x.json", valibot.unknown());

/** Every value in a value, with the path to it. */
function* values(value: unknown, path: (string | number)[] = []): Generator<[(string | number)[], unknown]> {
  yield [path, value];
  if (typeof value !== "object" || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) yield* values(inner, [...path, isList ? Number(key) : key]);
}

test("the byte of every value in any JSON is where that value begins", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }), (value) => {
      const text = JSON.stringify(value);
      const bytes = utf8(text);
      const { locate } = parse(text);
      for (const [path, inner] of values(JSON.parse(text))) {
        const part = utf8(JSON.stringify(inner));
        const at = locate(path)!;
        expect([...bytes.subarray(at, at + part.length)], `${path}`).toEqual([...part]);
      }
    }),
    { numRuns: 300 },
  );
});

test("what is missing is looked for in what should hold it, behind a mark of byte order as well", () => {
  const text = '{"a":[{"é":1},{"b":[2]}]}';
  expect(parse(text).locate(["a", 1, "c"])).toBe(15);
  expect(parse(text).locate(["a", 7])).toBe(5);
  expect(parse(text).locate(["z"])).toBe(0);
  expect(parse(`\ufeff${text}`).locate(["a", 1, "b", 0])).toBe(3 + 21);
});

test.each([
  ["", 0],
  ["{", 1],
  ['{"a":1,}', 7],
  ['{"é":tru}', 6],
  ["[1] 2", 4],
])("%s is refused at its byte", (text, offset) => {
  expect(() => parse(text)).toThrow(FormatError);
  expect(() => parse(text)).toThrow(`x.json at byte ${offset}: expected JSON`);
});
