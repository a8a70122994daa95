import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { areaOf, checkRuns, decodeRuns, paintRuns, rasterize, type Runs } from "../../src/data/runs.ts";
import { FormatError } from "../../src/errors.ts";
import { root } from "../hosts/folders.ts";

const place = (height: number, width: number) => ({ file: "instances.json", path: "segmentation", height, width });

/** Row by row, one byte a pixel. */
function maskOf(runs: Runs, height: number, width: number): number[] {
  const mask = new Array<number>(height * width).fill(0);
  paintRuns(runs, height, width, (offset) => mask[offset]!++);
  return mask;
}

/** COCO's string of run lengths, from its description. */
function encodeRuns(runs: Runs): string {
  return runs
    .map((count, i) => {
      let value = i > 2 ? count - runs[i - 2]! : count;
      let text = "";
      for (let more = true; more;) {
        const five = value & 31;
        value >>= 5;
        more = five & 16 ? value !== -1 : value !== 0;
        text += String.fromCharCode(48 + (more ? five + 32 : five));
      }
      return text;
    })
    .join("");
}

describe("COCO's masks", () => {
  const polygons = JSON.parse(readFileSync(`${root}test/fixtures/data/polygons.json`, "utf8")) as [
    height: number,
    width: number,
    polygon: number[],
    runs: string,
  ][];

  test("200 polygons rasterize to the runs of COCO's own mask API", () => {
    expect(polygons.length).toBe(200);
    for (const [height, width, polygon, expected] of polygons) {
      const runs = rasterize(polygon, place(height, width));
      expect(encodeRuns(runs)).toBe(expected);
      expect(decodeRuns(expected, place(height, width))).toEqual(runs);
    }
    // Not all of them empty or full.
    const partly = polygons.filter(([height, width, , text]) => {
      const area = areaOf(decodeRuns(text, place(height, width)));
      return area > 0 && area < height * width;
    });
    expect(partly.length).toBeGreaterThan(180);
  });

  test("a rectangle on pixel borders covers the pixels inside", () => {
    const mask = maskOf(rasterize([1, 1, 4, 1, 4, 3, 1, 3], place(4, 5)), 4, 5);
    expect(mask).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test("runs go down the columns, zeros first", () => {
    const runs = checkRuns([1, 2, 3], place(3, 2));
    expect(maskOf(runs, 3, 2)).toEqual([0, 0, 1, 0, 1, 0]);
    expect(areaOf(runs)).toBe(2);
  });

  test("strings decode to what they encode", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 40 }), (runs) => {
        const total = runs.reduce((sum, run) => sum + run, 0);
        expect(decodeRuns(encodeRuns(runs), place(1, total))).toEqual(runs);
      }),
    );
  });

  test("any mask survives, pixel by pixel", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 100 }),
        (height, bits) => {
          const width = Math.ceil(bits.length / height);
          const at = (pixel: number): boolean => bits[(pixel % height) * width + Math.floor(pixel / height)] ?? false;
          const runs = [0];
          for (let pixel = 0, now = false; pixel < height * width; pixel++) {
            if (at(pixel) !== now) runs.push(0);
            now = at(pixel);
            runs[runs.length - 1]!++;
          }
          const mask = maskOf(decodeRuns(encodeRuns(runs), place(height, width)), height, width);
          expect(mask).toEqual(Array.from({ length: height * width }, (_, i) => Number(bits[i] ?? false)));
        },
      ),
    );
  });

  test.each([
    ["too few", () => checkRuns([3], place(2, 2)), "add up to 2 × 2 pixels"],
    ["too many", () => checkRuns([3, 2], place(2, 2)), "got 5"],
    ["negative", () => checkRuns([5, -1], place(2, 2)), "-1 as number 1"],
    ["no number", () => checkRuns(["4"], place(2, 2)), "'4' as number 0"],
    ["a foreign character", () => decodeRuns("4 ", place(2, 2)), "characters from '0' to 'o'"],
    ["an unfinished count", () => decodeRuns("T", place(2, 2)), "or the end"],
    ["an endless count", () => decodeRuns("oooooooooooo", place(2, 2)), "at most seven characters"],
    ["two points", () => rasterize([0, 0, 1, 1], place(2, 2)), "three points"],
    ["half a point", () => rasterize([0, 0, 1, 1, 2, 2, 3], place(2, 2)), "three points"],
    ["no list", () => rasterize("000000", place(2, 2)), "three points"],
    ["far away", () => rasterize([0, 0, 1e9, 0, 0, 1], place(2, 2)), "coordinates within 4 pixels"],
    ["NaN", () => rasterize([0, 0, NaN, 0, 0, 1], place(2, 2)), "coordinates within"],
  ])("refuses runs or polygons: %s", (_, read, message) => {
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test("refuses an outline that would take minutes to walk", () => {
    const zigzag = Array.from({ length: 40_000 }, (_, i) => (i % 4 < 2 ? 0 : 8000));
    expect(() => rasterize(zigzag, place(8000, 8000))).toThrow("an outline of at most");
  });
});
