import { copy as kernel } from "../../build/kernels.ts";
import { random, same, type Case } from "../suite.ts";

export const cases: readonly Case[] = [1, 64, 65, 5003].map((count) => ({
  name: `${count} quads arrive, and nothing behind them changes`,
  async run(device) {
    const given = random(count).array((count + 1) * 4, -1, 1);
    const [values, result] = [device.allocate(given.byteLength), device.allocate(given.byteLength)];
    device.write(values, given);
    device.clear(result);
    device.run(kernel, { values, result, count });
    const expected = given.slice().fill(0, count * 4);
    same(new Float32Array(await device.read(result)), expected, "result");
    device.release(values);
    device.release(result);
  },
}));
