import { columnSums } from "../../src/shared/columnSums.ts";
import { Memory } from "../memory.ts";
import { type Case, close, random } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "adds up the rows of each column",
    async run(device) {
      for (const [rows, quads] of [
        [1, 1],
        [255, 1],
        [256, 5],
        [257, 6],
        [65537, 1],
        [1000, 17],
      ] as const) {
        using memory = new Memory(device);
        const data = random(rows).array(rows * quads * 4, -1, 1);
        const result = memory.result(quads * 4);
        columnSums(device, memory.of(data), { ...result, bytes: quads * 16 }, rows, quads);
        const expected = new Float64Array(quads * 4);
        data.forEach((value, i) => (expected[i % (quads * 4)]! += value));
        // Each term takes part in at most three sums of up to 256 partial sums, which stay below 4·√rows in their walk.
        const absolute = 3 * 16 * 2 ** -24 * 4 * Math.sqrt(rows);
        close(await memory.floats(result), expected, { absolute }, `${rows} rows of ${quads} quads`);
      }
    },
  },
  {
    name: "a quarter of a million losses are summed as accurately as one of them is rounded",
    async run(device) {
      using memory = new Memory(device);
      const losses = Float32Array.from(random(1).array(1_000_000, 0, 4), (loss, i) => (i % 4 === 0 ? loss : 0));
      const result = memory.result(4);
      columnSums(device, memory.of(losses), { ...result, bytes: 16 }, 250_000, 1);
      const expected = losses.reduce((sum, loss) => sum + loss, 0);
      close((await memory.floats(result)).slice(0, 1), [expected], { relative: 2 ** -22 }, "sum");
    },
  },
];
