import { expect, test } from "vitest";
import { checkGuide } from "../../src/diagnosis/guide.ts";

/** 100 pixels from 10 to 250, each channel otherwise. */
const photo = Float32Array.from({ length: 300 }, (_, i) => 10 + ((i * 83) % 241));
const found = (values: Float32Array, color = 3) =>
  checkGuide({ file: "photo.npy", values, color }).map(({ code, severity, remedy }) => [severity, code, remedy]);

test("a photograph from 0 to 255 is not suspected, with or without its mean", () => {
  expect(found(photo)).toEqual([]);
  expect(found(photo.map((value) => value - 120))).toEqual([]);
});

test.each<[string, Float32Array, number, string, RegExp]>([
  [
    "divided by 255",
    photo.map((v) => v / 255),
    3,
    "warning guide-unit",
    /multiply it by 255, or add --theta-beta 0\.0118$/,
  ],
  ["normalized", photo.map((v) => (v / 255 - 0.45) / 0.225), 3, "warning guide-normalized", /as it was before/],
  ["from −1 to 1", photo.map((v) => v / 127.5 - 1), 3, "warning guide-normalized", /as it was before/],
  ["in other units", photo.map((v) => v / 100 + 20), 3, "warning guide-narrow", /--theta-beta in the picture's units/],
  ["of 16 bits", photo.map((v) => v * 257), 3, "warning guide-wide", /by 257, or add --theta-beta 771$/],
  ["empty", new Float32Array(300).fill(7), 3, "warning guide-constant", /nothing that labels could follow/],
  ["gray", photo.map((_, i) => photo[i - (i % 3)]!), 3, "note guide-gray", /1\.732/],
])("one that is %s", (_, values, color, expected, remedy) => {
  const [first, ...more] = found(values, color);
  expect(more).toEqual([]);
  expect(`${first?.[0]} ${first?.[1]}`).toBe(expected);
  expect(first?.[2]).toMatch(remedy);
});

test("nothing is said of one in 0…1 with a bandwidth of its own, nor of a handful of pixels", () => {
  expect(
    found(
      photo.map((value) => value / 255),
      0.05,
    ),
  ).toEqual([]);
  expect(found(photo.subarray(0, 189).map((value) => value / 255))).toEqual([]);
});
