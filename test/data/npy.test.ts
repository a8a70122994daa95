import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeNpy, encodeNpy, type NpyData } from "../../src/data/npy.ts";
import { FormatError } from "../../src/errors.ts";
import { parseNpy } from "../npy.ts";

/** A `.npy` file of `version` with this header, padded as NumPy pads it, and these bytes of values. */
function file(header: string, values: ArrayLike<number> = [], version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const length = Math.ceil((start + header.length + 1) / 64) * 64 - start;
  const bytes = new Uint8Array(start + length + values.length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0, length & 255, length >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(length - 1)}\n`), start);
  bytes.set(Array.from(values), start + length);
  return bytes;
}

const header = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const refusal = (bytes: Uint8Array): FormatError => {
  try {
    decodeNpy(bytes, "broken.npy");
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("the file was accepted");
};

const types = [
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
] as const;

const arrays = fc
  .tuple(fc.constantFrom(...types), fc.array(fc.nat(5), { maxLength: 4 }), fc.infiniteStream(fc.double()))
  .map(([type, shape, numbers]) => {
    const data = new type(shape.reduce((product, extent) => product * extent, 1)) as NpyData;
    for (let i = 0; i < data.length; i++) data[i] = numbers.next().value as number;
    return { shape, data };
  });

describe("encodeNpy and decodeNpy", () => {
  test("give back what went in, for every type and shape, scalars and empty arrays included", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const read = decodeNpy(encodeNpy(array), "array.npy");
        expect(read.shape).toEqual(array.shape);
        expect(read.data.constructor).toBe(array.data.constructor);
        expect(new Uint8Array(read.data.buffer)).toEqual(new Uint8Array(array.data.buffer));
      }),
    );
  });

  test("agree with the tests' own reader", () => {
    const data = Float32Array.of(1, -2.5, 3e-8, 4, 5, 6);
    expect(parseNpy(encodeNpy({ shape: [2, 3], data }), "array.npy")).toEqual({ shape: [2, 3], data });
  });

  test("write the bytes that NumPy 1.24 writes for arange(3, dtype='<f4')", () => {
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }".padEnd(117) + "\n";
    const expected = [
      ...Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1"),
      ...Buffer.from(text),
      0,
      0,
      0,
      0,
      0,
      0,
      128,
      63,
      0,
      0,
      0,
      64,
    ];
    expect([...encodeNpy({ shape: [3], data: Float32Array.of(0, 1, 2) })]).toEqual(expected);
  });

  test("read versions 2 and 3, whatever the order of the entries and wherever the bytes start", () => {
    const text = "{'shape': (2, 1), 'fortran_order': False, 'descr': '|u1'}";
    for (const version of [1, 2, 3]) {
      const bytes = file(text, [7, 9], version);
      const shifted = new Uint8Array(bytes.length + 3).subarray(3);
      shifted.set(bytes);
      expect(decodeNpy(shifted, "array.npy")).toEqual({ shape: [2, 1], data: Uint8Array.of(7, 9) });
      // A Buffer's slice() shares its pool.
      expect(decodeNpy(Buffer.from(bytes), "array.npy")).toEqual({ shape: [2, 1], data: Uint8Array.of(7, 9) });
    }
  });

  test("widen float16: zero, the smallest, one, the largest, infinity, NaN", () => {
    const bits = Uint16Array.of(0x0000, 0x0001, 0x8001, 0x03ff, 0x3c00, 0xc500, 0x7bff, 0x7c00, 0xfc00, 0x7e00);
    const { data } = decodeNpy(file(header("<f2", "(10,)"), new Uint8Array(bits.buffer)), "half.npy");
    expect([...data]).toEqual([0, 2 ** -24, -(2 ** -24), 1023 * 2 ** -24, 1, -5, 65504, Infinity, -Infinity, NaN]);
  });

  test("read 64-bit integers while they are exact, and refuse larger ones", () => {
    const exact = new Uint8Array(BigInt64Array.of(-(2n ** 53n) + 1n, 5n).buffer);
    expect([...decodeNpy(file(header("<i8", "(2,)"), exact), "long.npy").data]).toEqual([-(2 ** 53) + 1, 5]);
    const inexact = new Uint8Array(BigUint64Array.of(2n ** 53n).buffer);
    expect(refusal(file(header("<u8", "(1,)"), inexact)).expected).toMatch(/53 bits/);
  });

  test("turn Fortran order into C order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), (shape) => {
        const count = shape.reduce((product, extent) => product * extent, 1);
        const fortran = Array.from({ length: count }, (_, i) => i);
        const { data } = decodeNpy(file(header("|u1", `(${shape.join(",")},)`, "True"), fortran), "f.npy");
        data.forEach((value, i) => {
          let [rest, place, stride] = [i, 0, count];
          for (let axis = shape.length - 1; axis >= 0; axis--) {
            stride /= shape[axis]!;
            place += (rest % shape[axis]!) * stride;
            rest = Math.floor(rest / shape[axis]!);
          }
          expect(value).toBe(place);
        });
      }),
    );
  });
});

describe("decodeNpy refuses", () => {
  const whole = encodeNpy({ shape: [4, 5], data: new Float32Array(20) });

  test("a file cut anywhere, and one with bytes to spare", () => {
    for (let length = 0; length < whole.length; length++)
      expect(refusal(whole.subarray(0, length)).file).toBe("broken.npy");
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(refusal(longer)).toMatchObject({
      offset: whole.length,
      expected: expect.stringMatching(/^80 bytes/),
      got: "81",
    });
  });

  test("a declared size far beyond the file, before allocating it", () => {
    expect(refusal(file(header("<f4", "(99999999, 99999999)"), [1, 2, 3, 4])).got).toBe("4");
    expect(refusal(file(header("<f4", "(9007199254740991,)"), [1, 2, 3, 4])).got).toBe("4");
  });

  test.each([
    ["big-endian numbers", header(">f4", "(1,)")],
    ["strings", header("<U8", "(1,)")],
    ["objects", header("|O", "(1,)")],
    ["a name of Object.prototype", header("constructor", "(1,)")],
    ["structured types", "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }"],
    ["a negative extent", header("<f4", "(-1,)")],
    ["a fraction", header("<f4", "(1.5,)")],
    ["a missing shape", "{'descr': '<f4', 'fortran_order': False, }"],
    ["an entry too many", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'extra': 1, }"],
    ["no dictionary", "hello"],
  ])("%s", (_, text) => {
    expect(refusal(file(text, [0, 0, 128, 63])).offset).toBe(10);
  });

  test("more than 32 extents, extents beyond 2^53 beside a 0, and a header longer than NumPy's", () => {
    const ones = (count: number): string => `(${"1,".repeat(count)})`;
    expect(decodeNpy(file(header("|u1", ones(32), "True"), [7]), "x.npy").shape).toHaveLength(32);
    expect(refusal(file(header("|u1", ones(33)), [7]))).toMatchObject({ expected: "at most 32 extents", got: "33" });
    for (const extent of ["9".repeat(400), "9007199254740992"]) {
      expect(refusal(file(header("|u1", `(0, ${extent})`)))).toMatchObject({
        offset: 10,
        expected: "extents below 2^53",
      });
    }
    expect(refusal(file(header("|u1", `(1${" ".repeat(10_000)},)`), [7]))).toMatchObject({ offset: 8 });
  });

  test("booleans that are neither 0 nor 1, with their byte", () => {
    expect(decodeNpy(file(header("|b1", "(3,)"), [0, 1, 1]), "x.npy").data).toEqual(Uint8Array.of(0, 1, 1));
    const bytes = file(header("|b1", "(3,)"), [0, 1, 255]);
    expect(refusal(bytes)).toMatchObject({ offset: bytes.length - 1, expected: "booleans of 0 or 1", got: "255" });
  });

  test("version 1.2", () => {
    const bytes = Uint8Array.from(whole);
    bytes[7] = 2;
    expect(refusal(bytes)).toMatchObject({ offset: 6, expected: ".npy version 1.0, 2.0 or 3.0", got: "version 1.2" });
  });

  test("version 4 and a header longer than the file", () => {
    expect(refusal(file(header("<f4", "(0,)"), [], 4)).offset).toBe(6);
    const long = Uint8Array.from(whole);
    long[9] = 0xff;
    expect(refusal(long).offset).toBe(8);
  });

  test("or reads, but never fails otherwise, whatever byte is changed", () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(whole);
        changed[at] = byte;
        try {
          expect(decodeNpy(changed, "changed.npy").data.length).toBeLessThanOrEqual(80);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test("encodeNpy refuses values that do not fill the shape", () => {
  expect(() => encodeNpy({ shape: [2], data: new Float32Array(3) })).toThrow(FormatError);
});
