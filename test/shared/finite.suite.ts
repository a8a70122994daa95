import { finite } from "../../build/kernels.ts";
import { Memory } from "../memory.ts";
import { type Case, check } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "finds the first NaN or infinity wherever it stands",
    async run(device) {
      for (const quads of [1, 64, 65, 5000]) {
        for (const index of [0, 1, 2, 3, quads * 4 - 1, (quads * 2) | 1]) {
          for (const bad of [NaN, Infinity, -Infinity]) {
            const data = new Float32Array(quads * 4).fill(1);
            data[index] = bad;
            data[quads * 4 - 1] = NaN;
            check((await search(data)) === index, `${bad} at ${index} of ${quads * 4}`);
          }
        }
      }
      async function search(data: Float32Array): Promise<number> {
        using memory = new Memory(device);
        const status = memory.zeros(1);
        device.run(finite, { values: memory.of(data), status, count: data.length / 4 });
        return ~new Uint32Array(await device.read(status))[0]! >>> 0;
      }
    },
  },
  {
    name: "lets the largest, the smallest and both zeros pass",
    async run(device) {
      using memory = new Memory(device);
      const values = memory.of(Float32Array.of(3.4028235e38, -3.4028235e38, 1e-45, -1e-45, 0, -0, 1.1754944e-38, 1));
      const status = memory.zeros(1);
      device.run(finite, { values, status, count: 2 });
      check(new Uint32Array(await device.read(status))[0] === 0, "nothing to be found");
    },
  },
];
