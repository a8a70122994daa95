import { expect, test } from "vitest";
import { decode, encode } from "../../lab/src/shell/parameters.ts";

const defaults = { position: 60, view: "result", playing: false, matrix: [0, -1, -1, 0] };
const limits = { position: [1, 400], view: ["result", "drawing"], matrix: [-5, 5] } as const;
const read = (search: string): ReturnType<typeof decode<typeof defaults>> =>
  decode(new URLSearchParams(search), defaults, limits);

test("what differs from the defaults is written, and read again as it was", () => {
  expect(encode(defaults, defaults)).toEqual([]);
  const values = { position: 0.5, view: "drawing", playing: true, matrix: [0, 2.25, -1, 0] };
  const text = encode({ ...values, position: 1.5 }, defaults);
  expect(text).toEqual([
    ["position", "1.5"],
    ["view", "drawing"],
    ["playing", "yes"],
    ["matrix", "0,2.25,-1,0"],
  ]);
  const { values: again, complaints } = read(new URLSearchParams(text).toString());
  expect(again).toEqual({ ...values, position: 1.5 });
  expect(complaints).toEqual([]);
});

test.each([
  ["position=far", "The address says position=far, expected a number, from 1 to 400; it is 60 as usual."],
  ["position=", "The address says position=, expected a number, from 1 to 400; it is 60 as usual."],
  ["position=0", "The address says position=0, expected a number, from 1 to 400; it is 60 as usual."],
  ["position=2,3", "The address says position=2,3, expected a number, from 1 to 400; it is 60 as usual."],
  ["view=all", "The address says view=all, expected one of result, drawing; it is result as usual."],
  ["playing=true", "The address says playing=true, expected yes or no; it is no as usual."],
  [
    "matrix=1,x",
    "The address says matrix=1,x, expected numbers with commas between them, from -5 to 5; it is 0,-1,-1,0 as usual.",
  ],
  [
    "matrix=9",
    "The address says matrix=9, expected numbers with commas between them, from -5 to 5; it is 0,-1,-1,0 as usual.",
  ],
  ["colour=9", "The address names “colour”, which this room does not know."],
  ["toString=9", "The address names “toString”, which this room does not know."],
])("%s is told and stays as usual", (search, sentence) => {
  expect(read(search)).toEqual({ values: defaults, complaints: [sentence] });
});

test("what is right beside what is wrong is read", () => {
  expect(read("position=x&view=drawing").values).toEqual({ ...defaults, view: "drawing" });
});
