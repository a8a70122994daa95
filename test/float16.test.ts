import { expect, test } from "vitest";
import { float16ToFloat32, float32ToFloat16, requireFloat16 } from "../src/float16.ts";

/** What the bits say, sign, exponent and fraction read as text in base two (IEEE 754, Section 3.4). */
function definition(bits: number): number {
  const [, sign, exponent, fraction] = /^(.)(.{5})(.{10})$/.exec(bits.toString(2).padStart(16, "0"))!;
  const factor = sign === "1" ? -1 : 1;
  const digits = parseInt(fraction!, 2) / 1024;
  if (exponent === "11111") return digits === 0 ? factor * Infinity : NaN;
  return factor * (exponent === "00000" ? digits * 2 ** -14 : (1 + digits) * 2 ** (parseInt(exponent!, 2) - 15));
}

test("every one of the 65,536 half floats widens to the number that it is", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  // Bit by bit, so that −0 differs from 0; all NaN are alike.
  const wrong = float16ToFloat32(all).findIndex((value, bits) => !Object.is(value, definition(bits)));
  expect(wrong).toBe(-1);
});

test("every half float is narrowed to itself, and what lies between two to the nearer, of two as near to the even one", () => {
  const finite = Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits);
  const values = float16ToFloat32(finite);
  expect(float32ToFloat16(values)).toEqual(finite);
  const next = (value: number, step: number): number => {
    const bits = new Uint32Array(Float32Array.of(value).buffer);
    return new Float32Array(Uint32Array.of(bits[0]! + step).buffer)[0]!;
  };
  // The first step that half precision lacks is a half step behind the largest.
  const middles = values.map((value, i) => (value + (i + 1 < values.length ? values[i + 1]! : 65536)) / 2);
  const even = finite.map((bits) => bits + (bits % 2));
  expect(float32ToFloat16(middles)).toEqual(even);
  expect(float32ToFloat16(middles.map((value) => next(value, -1)))).toEqual(finite);
  expect(float32ToFloat16(middles.map((value) => next(value, 1)))).toEqual(finite.map((bits) => bits + 1));
  const negative = finite.map((bits) => bits | 0x8000);
  expect(float32ToFloat16(values.map((value) => -value))).toEqual(negative);
});

test("infinities, NaN and what is too small", () => {
  const narrowed = float32ToFloat16(Float32Array.of(Infinity, -Infinity, NaN, 1e38, -1e38, 2 ** -149, -(2 ** -26), -0));
  expect([...narrowed]).toEqual([0x7c00, 0xfc00, 0x7e00, 0x7c00, 0xfc00, 0, 0x8000, 0x8000]);
});

test("numbers beyond half precision are refused by name; infinities and NaN are not", () => {
  expect(() => requireFloat16("fc6.weight", [1, Infinity, NaN, -65504])).not.toThrow();
  expect(() => requireFloat16("fc6.weight", [1, 65504.5])).toThrow(/^fc6\.weight: .*65504.*got 65504\.5 at 1/);
});
