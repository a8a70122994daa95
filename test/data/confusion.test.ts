import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundaryBand } from "../../src/data/boundary.ts";
import { Confusion } from "../../src/data/confusion.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";

const labels = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

describe("Confusion", () => {
  // By hand: truth 0 0 0 1 1 2 2 2 2 –, predicted 0 0 1 1 0 2 2 1 0 1.
  const confusion = new Confusion(3).add(labels(0, 0, 0, 1, 1, 2, 2, 2, 2, 255), labels(0, 0, 1, 1, 0, 2, 2, 1, 0, 1));

  test("counts truth by row, prediction by column, and drops truth 255", () => {
    expect([...confusion.counts]).toEqual([2, 1, 0, 1, 1, 0, 1, 1, 2]);
  });

  test("scores as computed by hand", () => {
    const scores = confusion.scores();
    expect(scores.pixels).toBe(9);
    expect(scores.pixelAccuracy).toBeCloseTo(5 / 9, 15);
    expect(scores.meanAccuracy).toBeCloseTo((2 / 3 + 1 / 2 + 2 / 4) / 3, 15);
    // IU: 2/(3+4−2), 1/(2+3−1), 2/(4+2−2).
    expect(scores.classes.map(({ iu }) => iu)).toEqual([2 / 5, 1 / 4, 2 / 4]);
    expect(scores.meanIU).toBeCloseTo((2 / 5 + 1 / 4 + 1 / 2) / 3, 15);
    expect(scores.frequencyWeightedIU).toBeCloseTo((3 * (2 / 5) + 2 * (1 / 4) + 4 * (1 / 2)) / 9, 15);
    expect(scores.classes[2]).toEqual({ truth: 4, predicted: 2, correct: 2, accuracy: 0.5, iu: 0.5 });
  });

  test("a class that the truth lacks does not count, predicted or not, but takes from the class that it stands in for", () => {
    const scores = new Confusion(4).add(labels(0, 0, 1, 1), labels(0, 2, 1, 1)).scores();
    expect(scores.classes.map(({ iu }) => iu)).toEqual([1 / 2, 1, 0, NaN]);
    expect(scores.classes.map(({ accuracy }) => accuracy)).toEqual([1 / 2, 1, NaN, NaN]);
    expect(scores.meanIU).toBeCloseTo((1 / 2 + 1) / 2, 15);
    expect(scores.meanAccuracy).toBeCloseTo((1 / 2 + 1) / 2, 15);
    expect(scores.frequencyWeightedIU).toBeCloseTo((2 * (1 / 2) + 2 * 1) / 4, 15);
  });

  test("scores nothing as NaN", () => {
    const { pixels, pixelAccuracy, meanIU } = new Confusion(2).add(labels(255), labels(0)).scores();
    expect([pixels, pixelAccuracy, meanIU]).toEqual([0, NaN, NaN]);
  });

  test("one matrix over a set is not the mean over its images, and parts add up", () => {
    const first = new Confusion(2).add(labels(0, 0, 0, 1), labels(0, 0, 0, 0));
    const second = new Confusion(2).add(labels(0, 1), labels(1, 1));
    const both = new Confusion(2).merge(first).merge(second).scores();
    expect(both.classes.map(({ iu }) => iu)).toEqual([3 / 5, 1 / 3]);
    expect(both.meanIU).not.toBeCloseTo((first.scores().meanIU + second.scores().meanIU) / 2);
  });

  test("counts only within a mask", () => {
    const within = new Confusion(2).add(labels(0, 1, 1), labels(0, 1, 0), labels(1, 0, 1));
    expect([...within.counts]).toEqual([1, 0, 1, 0]);
  });

  test("refuses stray labels and lengths, having counted nothing", () => {
    const empty = new Confusion(2);
    expect(() => empty.add(labels(0, 2), labels(0, 0))).toThrow("labels 0…1, or 255 to ignore, got truth 2 at pixel 1");
    expect(() => empty.add(labels(0, 1), labels(0, 255))).toThrow("labels 0…1, got prediction 255 at pixel 1");
    expect(() => empty.add(labels(0, 1), labels(0))).toThrow(ShapeError);
    expect(() => empty.add(labels(0), labels(0), labels(0, 0))).toThrow(ShapeError);
    expect(() => empty.merge(new Confusion(3))).toThrow(ShapeError);
    expect(() => new Confusion(256)).toThrow(ValueError);
    expect([...empty.counts]).toEqual([0, 0, 0, 0]);
  });

  test("agrees with sets of pixels counted the slow way", () => {
    const pixel = fc.record({ truth: fc.constantFrom(0, 1, 2, 255), predicted: fc.constantFrom(0, 1, 2) });
    fc.assert(
      fc.property(
        fc.array(pixel, { maxLength: 60 }).map((some) => [{ truth: 1, predicted: 0 }, ...some]),
        (pixels) => {
          const scores = new Confusion(3)
            .add(
              Uint8Array.from(pixels, ({ truth }) => truth),
              Uint8Array.from(pixels, ({ predicted }) => predicted),
            )
            .scores();
          const counted = pixels.filter(({ truth }) => truth !== 255);
          const ius = [0, 1, 2].map((c) => {
            const union = counted.filter(({ truth, predicted }) => truth === c || predicted === c).length;
            return counted.filter(({ truth, predicted }) => truth === c && predicted === c).length / union;
          });
          expect(scores.classes.map(({ iu }) => iu)).toEqual(ius);
          const there = ius.filter((_, c) => counted.some(({ truth }) => truth === c));
          expect(scores.meanIU).toBeCloseTo(there.reduce((sum, iu) => sum + iu, 0) / there.length, 12);
        },
      ),
    );
  });
});

describe("boundaryBand", () => {
  test("holds the pixels within a Euclidean distance of a label's change", () => {
    // One pixel of another label in the middle of 7×7: it and its four neighbors are boundary.
    const map = { height: 7, width: 7, labels: new Uint8Array(49) };
    map.labels[24] = 1;
    const rows = (radius: number): string[] => {
      const band = boundaryBand(map, radius);
      return Array.from({ length: 7 }, (_, y) => band.subarray(7 * y, 7 * y + 7).join(""));
    };
    expect(rows(0)).toEqual(["0000000", "0000000", "0001000", "0011100", "0001000", "0000000", "0000000"]);
    expect(rows(1)).toEqual(["0000000", "0001000", "0011100", "0111110", "0011100", "0001000", "0000000"]);
    expect(rows(1.5)).toEqual(["0000000", "0011100", "0111110", "0111110", "0111110", "0011100", "0000000"]);
  });

  test("is empty without a change, and does not wrap around rows", () => {
    expect(boundaryBand({ height: 3, width: 3, labels: new Uint8Array(9) }, 5)).toEqual(new Uint8Array(9));
    const map = { height: 2, width: 4, labels: labels(0, 0, 0, 1, 0, 0, 0, 0) };
    expect([...boundaryBand(map, 0)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1]);
    expect(() => boundaryBand(map, -1)).toThrow(ValueError);
    expect(() => boundaryBand(map, NaN)).toThrow(ValueError);
  });

  test("agrees with all distances computed", () => {
    const maps = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([height, width]) =>
        fc
          .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: height * width, maxLength: height * width })
          .map((values) => ({ height, width, labels: Uint8Array.from(values) })),
      );
    fc.assert(
      fc.property(maps, fc.double({ min: 0, max: 12, noNaN: true }), ({ height, width, labels }, radius) => {
        const position = (i: number): [number, number] => [i % width, Math.floor(i / width)];
        const distance = (i: number, j: number): number =>
          Math.hypot(position(i)[0] - position(j)[0], position(i)[1] - position(j)[1]);
        const pixels = Array.from(labels.keys());
        const boundary = pixels.filter((i) => pixels.some((j) => distance(i, j) === 1 && labels[i] !== labels[j]));
        const expected = pixels.map((i) =>
          Number(boundary.some((j) => distance(i, j) ** 2 <= radius ** 2 * (1 + 1e-12))),
        );
        expect([...boundaryBand({ height, width, labels }, radius)]).toEqual(expected);
      }),
    );
  });
});
