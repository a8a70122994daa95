import { transform as kernel } from "../../src/crf/compatibility.ts";
import { padded } from "../../src/shape.ts";
import { Memory } from "../memory.ts";
import { transform } from "../reference/crf.ts";
import { type Case, check, close, random } from "../suite.ts";
import { padRows } from "./rows.ts";

export const cases: Case[] = [false, true].map((add) => ({
  name: add ? "adds a matrix's product to another map" : "multiplies the vector of every row by a matrix",
  async run(device) {
    for (const rows of [1, 63, 64, 65]) {
      for (const channels of [1, 3, 4, 5, 21, 68]) {
        using memory = new Memory(device);
        const numbers = random(rows * 100 + channels);
        const values = numbers.array(rows * channels, -1, 1);
        const addend = numbers.array(rows * channels, -1, 1);
        // The second of two matrices, one below the other.
        const matrices = numbers.array(2 * channels * channels, -1, 1);
        const stride = padded(channels);
        const result = memory.result(rows * stride);
        kernel(
          device,
          memory.of(padRows(values, channels)),
          { matrix: memory.of(padRows(matrices, channels)), row: channels, factor: -2 },
          add ? memory.of(padRows(addend, channels)) : undefined,
          { ...result, bytes: rows * stride * 4 },
          rows,
          channels,
        );
        const product = transform(values, matrices.subarray(channels * channels), channels);
        const expected = product.map((value, i) => (add ? addend[i] : 0) - 2 * value);
        const all = await memory.floats(result);
        const what = `${rows} rows of ${channels}`;
        // A sum of L products below 1, doubled: each of L + 2 roundings is at most half a unit of 2L.
        const absolute = 2 * channels * (channels + 2) * 2 ** -24;
        close(
          all.filter((_, i) => i % stride < channels),
          expected,
          { absolute },
          what,
        );
        check(
          all.every((value, i) => i % stride < channels || value === 0),
          `${what}: padding`,
        );
      }
    }
  },
}));
