import type { Device, Storage } from "../../src/device/device.ts";
import { bindRows, imageRowRanges, rowRanges } from "../../src/device/ranges.ts";
import { type Case, check } from "../suite.ts";

const equal = (actual: unknown, expected: unknown, what: string): void =>
  check(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );

/** A device of these limits. */
const limitedTo = (bindingBytes: number, alignment = 256): Device =>
  ({ limits: { bindingBytes, bufferBytes: 2 ** 30, alignment } }) as unknown as Device;

const storage: Storage = { handle: {}, offset: 0, bytes: 2 ** 20 };

export const cases: Case[] = [
  {
    name: "rows are cut into ranges of multiples of 64 that fit a binding, and the last has what is left",
    async run() {
      const ranges = [...rowRanges(limitedTo(64 * 32 * 3 + 100), 500, 32)];
      equal(
        ranges.map(({ rows }) => rows),
        [192, 192, 116],
        "rows",
      );
      const bound = ranges.map(({ of }) => of(storage, 16)).map(({ offset, bytes }) => [offset, bytes]);
      equal(
        bound,
        [
          [0, 192 * 16],
          [192 * 16, 192 * 16],
          [384 * 16, 116 * 16],
        ],
        "bytes of narrower rows",
      );
      equal([...rowRanges(limitedTo(2 ** 20), 128, 32)].length, 1, "what fits is one range");
      const exact = [...rowRanges(limitedTo(64 * 32), 128, 32)].map(({ rows }) => rows);
      equal(exact, [64, 64], "no range is empty");
      const narrow = [...rowRanges(limitedTo(1), 65, 32)].map(({ rows }) => rows);
      equal(narrow, [64, 1], "64 rows at least");
    },
  },
  {
    name: "rows of the images of a batch are cut image by image, with room for the alignment",
    async run() {
      const ranges = [...imageRowRanges(limitedTo(1000, 200), 2, 5, 390)];
      equal(
        ranges.map(({ image, first, rows }) => [image, first, rows]),
        [
          [0, 0, 2],
          [0, 2, 2],
          [0, 4, 1],
          [1, 0, 2],
          [1, 2, 2],
          [1, 4, 1],
        ],
        "ranges",
      );
      const exact = [...imageRowRanges(limitedTo(1000, 200), 1, 4, 400)].map(({ rows }) => rows);
      equal(exact, [2, 2], "no range is empty");
      const narrow = [...imageRowRanges(limitedTo(300, 200), 1, 2, 400)].map(({ rows }) => rows);
      equal(narrow, [1, 1], "one row at least");
    },
  },
  {
    name: "a binding of rows begins at the alignment before them, and tells how many quads are skipped",
    async run() {
      const { storage: bound, skip } = bindRows(limitedTo(2 ** 20, 256), storage, { first: 7, rows: 3, rowBytes: 80 });
      // 560 bytes lie before: two times 256, and 48, which are three quads.
      equal([bound.offset, bound.bytes, skip], [512, 48 + 240, 3], "offset, bytes and quads");
      const even = bindRows(limitedTo(2 ** 20, 256), storage, { first: 16, rows: 1, rowBytes: 80 });
      equal([even.storage.offset, even.storage.bytes, even.skip], [1280, 80, 0], "at the alignment");
    },
  },
];
