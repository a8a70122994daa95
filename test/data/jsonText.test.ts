import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget } from "../../src/budget.ts";
import { jsonText } from "../../src/data/jsonText.ts";
import { FormatError } from "../../src/errors.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (bytes: Uint8Array, size = bytes.length): string =>
  jsonText(bytes, new Budget("x.json", size), { file: "x.json", base: 100 });

function refusal(bytes: Uint8Array): FormatError {
  try {
    read(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("the text was accepted");
}

describe("jsonText", () => {
  test("gives back any JSON of up to 64 levels, whatever its strings hold", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, stringUnit: "binary" }), (json) => {
        expect(read(utf8(json))).toBe(json);
      }),
    );
    const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
    expect(read(utf8(deep(64)))).toBe(deep(64));
    expect(refusal(utf8(deep(65)))).toMatchObject({ offset: 164, expected: "JSON of at most 64 levels" });
    // Brackets in a string, behind escaped quotation marks, are no levels; levels beside each other are not deep.
    const flat = JSON.stringify({ ['"\\'.repeat(99)]: `\\"${"[".repeat(99)}`, b: Array(99).fill([[]]) });
    expect(read(utf8(flat))).toBe(flat);
  });

  test("names the byte that is no UTF-8, wherever it stands", () => {
    for (const before of [0, 1, 65_530, 65_535, 65_536, 65_537, 200_000]) {
      const text = utf8(`"${"ä€𝄞".repeat(before / 9)}${"x".repeat(before % 9)}`);
      for (const wrong of [[0xff], [0xc3, 0x28], [0xe2, 0x82], [0xf0, 0x9d, 0x84], [0x80]]) {
        const bytes = Uint8Array.from([...text, ...wrong]);
        expect(refusal(bytes).offset, `${before} and ${wrong}`).toBe(100 + text.length);
      }
    }
  });

  test("spends for values what they take, before any is made", () => {
    const budget = new Budget("x.json", 1e9);
    jsonText(utf8('{"a":[{},[]],"b":"{[,:"}'), budget, { file: "x.json", base: 0 });
    // Two objects, two lists, two names, two commas, 24 characters.
    expect(budget.spent).toBe(2 * 256 + 2 * 64 + 2 * 128 + 2 * 32 + 24 * 2);
    expect(() => read(utf8(`[${"{},".repeat(1_000_000)}0]`))).toThrow(/names, shapes and nesting that take at most/);
  });
});
