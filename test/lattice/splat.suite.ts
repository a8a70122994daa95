import { perform } from "../../src/device/work.ts";
import { splat } from "../../src/lattice/splat.ts";
import { Memory, pack } from "../memory.ts";
import { type Case, check, close, random } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "sums weight·value along each vertex's list, for a range of channels; the last row is zero",
    async run(device) {
      for (const [vertices, quads, rowQuads, firstQuad] of [
        [1, 1, 1, 0],
        [63, 1, 1, 0],
        [64, 2, 5, 3],
        [65, 5, 5, 0],
        [40, 6, 6, 0],
        [40, 7, 9, 2],
        [40, 17, 17, 0],
        [1500, 3, 3, 0],
      ] as const) {
        using memory = new Memory(device);
        const numbers = random(vertices + quads);
        const points = 200;
        // One list takes most of the points, some are empty.
        const lengths = Array.from({ length: vertices }, (_, v) => (v === 0 ? 1000 : numbers.integer(6)));
        const offsets = [0, ...lengths, 0].map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0));
        const entries = offsets[vertices]!;
        const point = Array.from({ length: entries }, () => numbers.integer(points));
        const weight = numbers.array(entries);
        const values = numbers.array(points * rowQuads * 4, -1, 1);
        const result = memory.result((vertices + 1) * quads * 4);
        const lists = { offsets: memory.of(Uint32Array.from(offsets)), pairs: memory.of(pack(point, weight)) };
        const channels = { storage: memory.of(values), rowQuads, firstQuad };
        perform(device, splat(lists, channels, result, { vertices, quads }));
        const expected = new Float64Array((vertices + 1) * quads * 4);
        for (let vertex = 0; vertex < vertices; vertex++) {
          for (let i = offsets[vertex]!; i < offsets[vertex + 1]!; i++) {
            for (let c = 0; c < quads * 4; c++) {
              const value = values[(point[i]! * rowQuads + firstQuad) * 4 + c]!;
              expected[vertex * quads * 4 + c]! += weight[i]! * value;
            }
          }
        }
        const what = `${vertices} vertices, ${quads} of ${rowQuads} quads`;
        const actual = await memory.floats(result);
        // 1000 terms below 1: as many roundings of sums that in their random walk stay below 64.
        close(actual, expected, { absolute: 1000 * 64 * 2 ** -24 * 0.05, relative: 2 ** -20 }, what);
        check(
          actual.subarray(vertices * quads * 4).every((value) => value === 0),
          `${what}: the row of zeros`,
        );
      }
    },
  },
];
