import { readTogether } from "../../src/device/readTogether.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { type Case, check, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "several storages are read in their order by one read, which keeps no memory",
    async run(device) {
      using workspace = new Workspace(device);
      const numbers = [[1, 2, 3], [4], [], [5, 6]].map((values) => Uint32Array.from(values));
      const storages = numbers.map((values) => workspace.store(values));
      const { bytes } = device;
      const read = device.read.bind(device);
      const sizes: number[] = [];
      device.read = (storage) => {
        sizes.push(storage.bytes);
        return read(storage);
      };
      const found = await readTogether(device, storages);
      check(sizes.join() === "24", `reads of ${sizes} bytes`);
      numbers.forEach((values, i) => same(new Uint32Array(found[i]!), values, `storage ${i}`));
      check(device.bytes === bytes, `${device.bytes - bytes} bytes left`);
    },
  },
];
