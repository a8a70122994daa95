import { channels } from "../../build/kernels.ts";
import { Memory } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "copies a block of channels and leaves the others",
    async run(device) {
      for (const rows of [1, 63, 64, 65]) {
        for (const [quads, valueQuads, valueOffset, resultQuads, resultOffset] of [
          [1, 1, 0, 1, 0],
          [5, 6, 1, 5, 0],
          [6, 6, 0, 17, 11],
          [7, 17, 3, 9, 2],
        ] as const) {
          using memory = new Memory(device);
          const data = random(rows).array(rows * valueQuads * 4);
          const result = memory.of(new Float32Array(rows * resultQuads * 4).fill(-1));
          const where = { rows, quads, valueQuads, valueOffset, resultQuads, resultOffset };
          device.run(channels, { values: memory.of(data), result, ...where });
          const expected = Float32Array.from({ length: rows * resultQuads * 4 }, (_, i) => {
            const row = Math.floor(i / (resultQuads * 4));
            const channel = (i % (resultQuads * 4)) - resultOffset * 4;
            const inside = channel >= 0 && channel < quads * 4;
            return inside ? data[row * valueQuads * 4 + valueOffset * 4 + channel]! : -1;
          });
          same(new Float32Array(await device.read(result)), expected, JSON.stringify(where));
        }
      }
    },
  },
];
