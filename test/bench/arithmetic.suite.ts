import { arithmetic as kernel } from "../../build/kernels.ts";
import { close, type Case } from "../suite.ts";

const [a, b] = [0.75, 1.5];

/** x ← a·x + b, `rounds` times, makes of x: aⁿ·x + b·(1 − aⁿ)/(1 − a); here summed over x = start + 0…11. */
function expected(start: number, rounds: number): number {
  const power = a ** rounds;
  return power * (12 * start + 66) + (12 * b * (1 - power)) / (1 - a);
}

export const cases: readonly Case[] = [0, 1, 5, 40].map((rounds) => ({
  name: `${rounds} rounds of twelve multiply-adds, in every invocation`,
  async run(device) {
    for (const count of [1, 64, 65, 5003]) {
      const result = device.allocate(count * 4);
      device.run(kernel, { result, count, rounds, a, b });
      const values = new Float32Array(await device.read(result));
      device.release(result);
      const sums = Float32Array.from({ length: count }, (_, index) => expected(index % 64, rounds));
      // No term is negative, so relative errors only add up: two roundings a round, four for the sum.
      close(values, sums, { relative: (2 * rounds + 4) * 2 ** -24 }, `${count} invocations`);
    }
  },
}));
