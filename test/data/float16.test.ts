import { expect, test } from "vitest";
import { float16ToFloat32 } from "../../src/data/float16.ts";

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
