import { DisposedError, ShapeError } from "../../src/errors.ts";
import { type Case, random, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "a tensor reads back what it was made of, for every padding of its rows",
    async run(device) {
      for (const channels of [1, 2, 3, 4, 5, 21]) {
        const values = random(channels).array(7 * channels, -1, 1);
        using tensor = device.tensor([7, channels], values);
        same(await tensor.read(), values, `${channels} channels`);
      }
    },
  },
  {
    name: "rows are padded with zeros, also in memory that held something else before",
    async run(device) {
      device.tensor([64, 5], new Float32Array(320).fill(7)).dispose();
      using tensor = device.tensor([64, 5], new Float32Array(320).fill(1));
      const raw = new Float32Array(await device.read(tensor.storage));
      const expected = Float32Array.from({ length: 64 * 8 }, (_, i) => (i % 8 < 5 ? 1 : 0));
      same(raw, expected, "padded rows");
    },
  },
  {
    name: "a tensor without data is zero",
    async run(device) {
      device.tensor([32, 4], new Float32Array(128).fill(7)).dispose();
      using tensor = device.tensor([32, 4]);
      same(await tensor.read(), new Float32Array(128), "zeros");
    },
  },
  {
    name: "write, copy and clear happen in the order they were asked for",
    async run(device) {
      const values = random(1).array(64);
      using from = device.tensor([16, 4], values);
      using to = device.tensor([16, 4]);
      device.copy(from.storage, to.storage);
      device.write(from.storage, new Float32Array(64).fill(3));
      same(await to.read(), values, "copy made before the write");
      same(await from.read(), new Float32Array(64).fill(3), "written");
      device.clear(to.storage);
      same(await to.read(), new Float32Array(64), "cleared");
    },
  },
  {
    name: "data that does not fill the shape is a ShapeError",
    async run(device) {
      await rejects(() => device.tensor([2, 3], new Float32Array(5)), ShapeError);
      await rejects(() => device.tensor([0, 3]), ShapeError);
      await rejects(() => device.tensor([2.5, 3]), ShapeError);
    },
  },
  {
    name: "a tensor that was disposed is a DisposedError",
    async run(device) {
      const tensor = device.tensor([1, 4]);
      tensor.dispose();
      await rejects(() => tensor.read(), DisposedError);
    },
  },
  {
    name: "memory that was given back is used again: eight times what WebAssembly can address",
    async run(device) {
      const bytes = 64 * 2 ** 20;
      for (let round = 0; round < 512; round++) device.release(device.allocate(bytes));
      await device.finish();
    },
  },
];
