import fc from "fast-check";
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readMat } from "../../src/data/mat.ts";
import { FormatError } from "../../src/errors.ts";
import { root } from "../hosts/folders.ts";
import { writeMat, type MatOptions, type MatVariable } from "./matWriter.ts";

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(`${root}test/fixtures/data/${name}`));

/** The labels of make_fixtures.py. */
const labels = (classes: number): number[] =>
  Array.from({ length: 13 * 17 }, (_, i) => (Math.floor(i / 17) * 7 + (i % 17) * 3) % classes);

const layouts: MatOptions[] = [true, false].flatMap((littleEndian) =>
  [true, false].map((compress) => ({ littleEndian, compress })),
);

const small: MatVariable = { rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 255], store: "uint8" };

/** The error of a call that must throw one. */
function failure(call: () => unknown): FormatError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("nothing was thrown");
}

describe("readMat", () => {
  test.each(["sbd.mat", "sbd.plain.mat"])(
    "reads SBD's labels beside sparse boundaries in a cell, as SciPy writes them: %s",
    (name) => {
      const { rows, columns, values } = readMat(fixture(name), name, ["GTcls", "Segmentation"]);
      expect([rows, columns]).toEqual([13, 17]);
      expect([...values]).toEqual(labels(21));
    },
  );

  test.each(["context.mat", "context.double.mat"])("reads Pascal Context's labels as SciPy writes them: %s", (name) => {
    expect([...readMat(fixture(name), name, ["LabelMap"]).values]).toEqual(labels(460));
  });

  test("reads what is written, of either byte order, compressed or not, of any number type", () => {
    const matrices = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([rows, columns]) =>
      fc.record({
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        store: fc.constantFrom("double" as const, "uint8" as const, "uint16" as const),
        values: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: rows * columns, maxLength: rows * columns }),
      }),
    );
    fc.assert(
      fc.property(matrices, fc.constantFrom(...layouts), (matrix, options) => {
        const bytes = writeMat(
          { before: small, GTcls: { fields: { Boundaries: small, Segmentation: matrix } } },
          options,
        );
        const read = readMat(bytes, "x.mat", ["GTcls", "Segmentation"]);
        expect({ ...read, values: [...read.values] }).toEqual({
          rows: matrix.rows,
          columns: matrix.columns,
          values: matrix.values,
        });
      }),
    );
  });

  test("keeps 16-bit labels and refuses fractions, negative and larger numbers", () => {
    const one = (value: number) => writeMat({ LabelMap: { rows: 1, columns: 1, values: [value], store: "double" } });
    expect([...readMat(one(65535), "x.mat", ["LabelMap"]).values]).toEqual([65535]);
    for (const value of [65536, -1, 0.5, NaN, Infinity]) {
      expect(failure(() => readMat(one(value), "x.mat", ["LabelMap"])).message).toContain("whole numbers 0…65535");
    }
  });

  test("names the variables and fields that are there instead", () => {
    const bytes = writeMat({ GTinst: { fields: { Categories: small } } });
    expect(() => readMat(bytes, "x.mat", ["GTcls"])).toThrow(
      "x.mat at byte 128: expected a variable GTcls, got only 'GTinst'",
    );
    expect(() => readMat(bytes, "x.mat", ["GTinst", "Segmentation"])).toThrow(
      "a field Segmentation, got only 'Categories'",
    );
    expect(() => readMat(writeMat({ a: small }), "x.mat", ["a", "b"])).toThrow("a struct with the field b");
  });

  test("refuses version 7.3, other files and a file cut anywhere, with the byte", () => {
    const bytes = writeMat({ a: small });
    const newer = Uint8Array.from(bytes);
    newer[125] = 2;
    expect(failure(() => readMat(newer, "x.mat", ["a"]))).toMatchObject({
      offset: 124,
      remedy: "save it with -v7, not -v7.3",
    });
    expect(failure(() => readMat(new Uint8Array(200), "x.mat", ["a"])).offset).toBe(126);
    for (const options of layouts) {
      const whole = writeMat({ a: small }, options);
      for (let length = 0; length < whole.length; length++) {
        expect(failure(() => readMat(whole.subarray(0, length), "x.mat", ["a"])).offset).toBeTypeOf("number");
      }
    }
  });

  test("refuses a declared size before it allocates: dimensions, elements, inflated bytes", () => {
    const bytes = writeMat({ a: small });
    const view = new DataView(bytes.buffer);
    // Tag 8, flags 16, then the tag of the dimensions, then rows and columns.
    expect([view.getUint32(128 + 32, true), view.getUint32(128 + 36, true)]).toEqual([2, 3]);
    view.setInt32(128 + 32, 0x7fffffff, true);
    expect(failure(() => readMat(bytes, "x.mat", ["a"])).message).toContain("got [2147483647, 3]");
    view.setInt32(128 + 32, 4, true);
    expect(failure(() => readMat(bytes, "x.mat", ["a"])).message).toContain("12 bytes for [4, 3]");
    view.setUint32(132, 0xfffffff0, true);
    expect(failure(() => readMat(bytes, "x.mat", ["a"]))).toMatchObject({ offset: 132 });

    const bomb = deflateSync(new Uint8Array(2 ** 26 + 1));
    const file = new Uint8Array(128 + 8 + bomb.length);
    file.set(bytes.subarray(0, 128));
    new DataView(file.buffer).setUint32(128, 15, true);
    new DataView(file.buffer).setUint32(132, bomb.length, true);
    file.set(bomb, 136);
    expect(failure(() => readMat(file, "x.mat", ["a"]))).toMatchObject({
      offset: 136,
      expected: `at most ${2 ** 26} inflated bytes`,
    });
  });

  test("refuses compressed data with any bit changed, or reads what it read before", () => {
    const whole = writeMat({ a: small }, { compress: true });
    const expected = [...readMat(whole, "x.mat", ["a"]).values];
    for (let at = 128; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Uint8Array.from(whole);
        changed[at]! ^= 1 << bit;
        try {
          expect([...readMat(changed, "x.mat", ["a"]).values]).toEqual(expected);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
    }
  });
});
