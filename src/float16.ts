// IEEE 754 half-precision numbers as their 16 bits each. (Float16Array is not in Node 20.)
import { ValueError } from "./errors.ts";

/** The largest number that half precision has. */
const largest = 65504;

/** @throws ValueError for a number, other than an infinity, that half precision does not reach */
export function requireFloat16(where: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (!(magnitude > largest) || magnitude === Infinity) continue;
    throw new ValueError({
      where,
      expected: `numbers up to ${largest}, the largest of half precision`,
      got: `${values[i]} at ${i}`,
      remedy: "keep it in single precision, or scale the layer",
    });
  }
}

/** Widens half-precision numbers to float32 without loss. */
export function float16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = widen(bits[i]!);
  return values;
}

function widen(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * Narrows float32 numbers to the nearest of half precision, of two that are as near to the even one. What lies half a step
 * or more behind the largest becomes infinite, NaN stays NaN.
 */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = narrow(values[i]!, words[i]!);
  return bits;
}

/** The bits of a half-precision number, from a float32 and its bits. */
function narrow(value: number, word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From half a step behind the largest on.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | subnormal(Math.abs(value));
  // Adding half a step less one, and one where the last bit that stays is set, carries where it has to be rounded up.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Below 2⁻¹⁴ numbers of half precision are multiples of 2⁻²⁴: what a float32 of ½ can count, too, and rounds to. */
const subnormal = (value: number): number => (Math.fround(0.5 + value) - 0.5) * 2 ** 24;
