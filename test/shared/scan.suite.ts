import { perform } from "../../src/device/work.ts";
import { scan } from "../../src/shared/scan.ts";
import { Memory } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "gives exclusive sums, modulo 2³², for one block, several, and blocks of blocks",
    async run(device) {
      // 2048 values a block: the last has 2049 blocks, whose totals take two blocks of their own.
      for (const count of [1, 7, 8, 9, 2047, 2048, 2049, 70_001, 2048 * 2048 + 1]) {
        using memory = new Memory(device);
        const numbers = random(count);
        const data = new Uint32Array(count);
        for (let i = 0; i < count; i++) data[i] = numbers.integer(2 ** 32);
        const values = memory.result(count);
        device.write({ ...values, bytes: count * 4 }, data);
        perform(device, scan(device, values, count));
        let sum = 0;
        const expected = data.map((value) => {
          const before = sum;
          sum = (sum + value) >>> 0;
          return before;
        });
        same(await memory.words(values), expected, `${count} values`);
      }
    },
  },
];
