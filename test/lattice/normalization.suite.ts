import { normalization } from "../../build/kernels.ts";
import { Memory } from "../memory.ts";
import { type Case, close, random } from "../suite.ts";

export const cases: Case[] = [false, true].map((symmetric) => ({
  name: symmetric ? "1/√(K·1 + ε)" : "1/(K·1 + ε)",
  async run(device) {
    for (const points of [1, 63, 64, 65, 5000]) {
      using memory = new Memory(device);
      const values = random(points).array(points * 4, 1e-3, 50);
      values[0] = 0; // a point that no lattice reaches: ε alone
      const factors = memory.result(points);
      device.run(normalization, { values: memory.of(values), factors, points, symmetric: symmetric ? 1 : 0 });
      const expected = Float64Array.from(
        { length: points },
        (_, i) => (values[4 * i]! + 1e-20) ** (symmetric ? -0.5 : -1),
      );
      // WGSL: 2.5 units for the division, 2 for the inverse square root it may take, and half of one for ε itself.
      close(await memory.floats(factors), expected, { relative: 6 * 2 ** -23 }, `${points} points`);
    }
  },
}));
