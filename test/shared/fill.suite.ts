import { fill } from "../../build/kernels.ts";
import { Memory } from "../memory.ts";
import { type Case, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "fills as many words as asked for and no more",
    async run(device) {
      for (const count of [1, 3, 63, 64, 65, 4097]) {
        using memory = new Memory(device);
        const values = memory.result(count);
        device.run(fill, { values, count, value: 0xfffffffe });
        same(await memory.words(values), new Uint32Array(count).fill(0xfffffffe), `${count} words`);
      }
    },
  },
  {
    name: "runs more workgroups than one axis of a grid holds",
    async run(device) {
      const count = 65_535 * 64 + 65;
      using memory = new Memory(device);
      const values = memory.result(count);
      device.run(fill, { values, count, value: 7 });
      same(await memory.words(values), new Uint32Array(count).fill(7), "two rows of workgroups");
    },
  },
];
