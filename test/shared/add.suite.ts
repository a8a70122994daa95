import { add } from "../../build/kernels.ts";
import { Memory } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "adds as many quads as asked for and no more",
    async run(device) {
      for (const count of [1, 63, 64, 65, 1000]) {
        using memory = new Memory(device);
        const numbers = random(count);
        const [a, b] = [numbers.array(count * 4, -1, 1), numbers.array(count * 4, -1, 1)];
        const result = memory.result(count * 4);
        device.run(add, { a: memory.of(a), b: memory.of(b), result, count });
        // A sum of two numbers is rounded once, so float64 rounded to float32 is the result to the bit.
        same(
          await memory.floats(result),
          Float32Array.from(a, (value, i) => value + b[i]!),
          `${count} quads`,
        );
      }
    },
  },
];
