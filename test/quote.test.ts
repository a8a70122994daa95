import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../src/errors.ts";
import { describe as inWords, enumerate, printable, printableEnd, quote } from "../src/quote.ts";

/** What no terminal and no log should get from a file. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc
    .array(fc.constantFrom("\x1b[2J", "\r", "\0", "\u202e", "\u2066", "\x9b", "\ud83d", "\u2028", "a".repeat(90)))
    .map((parts) => parts.join("")),
);

describe("printable", () => {
  test.each([
    ["conv1_1.weight", "conv1_1.weight"],
    ["Größe 尺寸 🙂 C:\\x", "Größe 尺寸 🙂 C:\\x"],
    ["\x1b[31mred", "\\u001b[31mred"],
    ["a\rb\nc\0", "a\\u000db\\u000ac\\u0000"],
    ["\u202etxt.exe\u2069\u200b\ufeff", "\\u202etxt.exe\\u2069\\u200b\\ufeff"],
    ["\x9b31m\u2028", "\\u009b31m\\u2028"],
    ["\ud800x", "\\ud800x"],
    ["\u{e0041}", "\\u{e0041}"],
  ])("%j becomes %s", (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test("leaves 80 characters and says that there were more", () => {
    expect(printable("x".repeat(80))).toBe("x".repeat(80));
    expect(printable("x".repeat(81))).toBe(`${"x".repeat(80)}…`);
    expect(printable("\0".repeat(40))).toBe(`${"\\u0000".repeat(13)}\\u…`);
    expect(printableEnd(`/folder/${"x".repeat(80)}`)).toBe(`…${"x".repeat(80)}`);
    expect(quote("it's")).toBe("'it's'");
    expect(enumerate(["a", "\0", "c"], 2)).toBe("a, \\u0000 and 1 more");
    fc.assert(
      fc.property(anyText, fc.nat(200), (text, most) => {
        for (const clean of [printable(text, most), printableEnd(text, most)]) {
          expect(clean).not.toMatch(unprintable);
          expect(clean.length).toBeLessThanOrEqual(most + 1);
        }
      }),
    );
  });

  test("values of any depth are named in a few words", () => {
    let nested: unknown = [];
    for (let i = 0; i < 100_000; i++) nested = [nested];
    expect([nested, {}, null, 5n, "\x1b", undefined].map(inWords)).toEqual([
      "a list of 1",
      "an object",
      "null",
      "5",
      "'\\u001b'",
      "undefined",
    ]);
  });
});

describe("FormatError", () => {
  test("lets nothing through that a file could say to a terminal, and stays below 1000 characters", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (file, expected, got, remedy) => {
        const long = (text: string): string => text.repeat(20);
        const error = new FormatError({
          file: long(file),
          expected: long(expected),
          got: long(got),
          remedy: long(remedy),
          offset: 2 ** 52,
        });
        for (const text of [error.message, error.where, error.expected, error.got, error.remedy!]) {
          expect(text).not.toMatch(unprintable);
        }
        expect(error.message.length).toBeLessThanOrEqual(1000);
        expect(error.file).toBe(long(file));
      }),
    );
  });

  test.each([NaN, -1, 0.5, Infinity, 2 ** 60])("names no byte %s", (offset) => {
    const error = new FormatError({ file: "x", offset, expected: "a", got: "b" });
    expect(error.offset).toBeUndefined();
    expect(error.message).toBe("x: expected a, got b");
  });
});
