import { expect, test } from "vitest";
import { amongMany, type Finding, findingOf, refuse } from "../../src/diagnosis/finding.ts";
import { FormatError, ValueError } from "../../src/errors.ts";

const make = (code: string, severity: Finding["severity"] = "warning"): Finding => {
  return { code, severity, file: "a.npy", expected: "logits", seen: "bytes", likely: "a picture", remedy: "look" };
};

test("the first refusal is thrown, in one sentence", () => {
  refuse([make("one"), make("two", "note")]);
  expect(() => refuse([make("one"), make("two", "refusal")])).toThrow(ValueError);
  expect(() => refuse([make("two", "refusal")])).toThrow(
    "a.npy: expected logits, got bytes: most likely a picture — look",
  );
  const error = new FormatError({ file: "b.png", offset: 3, expected: "a chunk", got: "the end" });
  expect(findingOf(error)).toMatchObject({ severity: "refusal", file: "b.png", seen: "the end at byte 3", remedy: "" });
});

test("of many pictures some may show one class, and gaps are told by all of them", () => {
  const all = [make("one-label"), make("labels-one"), make("labels-gaps", "note"), make("probabilities")];
  expect(amongMany(all, 1)).toEqual(all);
  expect(amongMany(all, 3).map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "note one-label",
    "note labels-one",
    "warning probabilities",
  ]);
  expect(amongMany([make("one-label"), make("one-label")], 3)).toMatchObject([
    { severity: "warning" },
    { severity: "warning" },
  ]);
});
