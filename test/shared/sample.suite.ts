import { sample } from "../../src/shared/sample.ts";
import { Memory } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "the values at the places, in their order",
    async run(device) {
      for (const count of [1, 63, 64, 65, 1000]) {
        using memory = new Memory(device);
        const numbers = random(count);
        const data = numbers.array(777, -5, 5);
        const places = Uint32Array.from({ length: count }, () => numbers.integer(777));
        const result = memory.result(count);
        sample(device, memory.of(data), places, { ...result, bytes: count * 4 });
        same(
          (await memory.floats(result)).slice(0, count),
          Float32Array.from(places, (place) => data[place]!),
          `${count}`,
        );
      }
    },
  },
];
