import { perform } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { sort } from "../../src/shared/sort.ts";
import { Memory } from "../memory.ts";
import { type Case, random, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "sorts keys stably, with the order they came in or one that is given",
    async run(device) {
      for (const [count, bound] of [
        [1, 1],
        [63, 2],
        [4095, 1],
        [4096, 16], // a whole block, one digit of four bits
        [4097, 17], // two blocks, two digits
        [12_000, 1024],
        [70_000, 66_000], // five digits
      ] as const) {
        for (const given of [false, true]) {
          using memory = new Memory(device);
          using workspace = new Workspace(device);
          const numbers = random(count);
          const keys = Uint32Array.from({ length: count }, () => numbers.integer(bound));
          const order = Uint32Array.from({ length: count }, (_, i) => (given ? count - i + 5 : i));
          const from = { keys: memory.of(keys), order: given ? memory.of(order) : undefined };
          const sorted = perform(device, sort(device, workspace, from, count, bound));
          const expected = Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
          const what = `${count} keys below ${bound}`;
          same(
            new Uint32Array(await device.read(sorted.keys)),
            expected.map((i) => keys[i]!),
            what,
          );
          same(
            new Uint32Array(await device.read(sorted.order)),
            expected.map((i) => order[i]!),
            `${what}: order`,
          );
          same(new Uint32Array(await device.read(from.keys)), keys, `${what}: left as they are`);
        }
      }
    },
  },
];
