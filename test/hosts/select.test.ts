import { expect, test } from "vitest";
import { selectCases } from "./select.ts";

const names = ["nn/crop: forward (2 by 2)", "nn/crop: back", "nn/maxPool2d: forward (3 by 3)", "tape: serves once"];

test("without a pattern, all cases are selected", () => {
  expect(selectCases(names, [])).toEqual(names);
});

test("patterns are parts of a name, or regular expressions; several select more", () => {
  expect(selectCases(names, ["nn/crop"])).toEqual(names.slice(0, 2));
  expect(selectCases(names, ["forward (3"])).toEqual([names[2]]);
  expect(selectCases(names, ["^nn/.*back$", "tape"])).toEqual([names[1], names[3]]);
});

test("what selects nothing is refused with the nearest suite's name", () => {
  expect(() => selectCases(names, ["tape", "nn/cropp"])).toThrow(
    'no case\'s name has "nn/cropp"; the nearest suite is nn/crop (--list shows all)',
  );
});
