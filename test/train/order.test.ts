import { expect, test } from "vitest";
import { Order } from "../../src/train/order.ts";
import { randomBits, randomNumbers } from "../../src/shared/random.ts";

test("every epoch draws each item once, in an order of its own", () => {
  const order = new Order(50, 1);
  const epochs = [0, 1, 2].map((epoch) => Array.from({ length: 50 }, (_, i) => order.at(epoch * 50 + i)));
  for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(Array.from({ length: 50 }, (_, i) => new Order(50, 2).at(i))).not.toEqual(epochs[0]);
});

test("a draw does not depend on the ones before it", () => {
  const forwards = new Order(7, 9);
  const draws = Array.from({ length: 40 }, (_, i) => forwards.at(i));
  const backwards = new Order(7, 9);
  for (let i = 39; i >= 0; i--) expect(backwards.at(i)).toBe(draws[i]);
});

test("all orders of three items are about equally frequent", () => {
  const counts = new Map<string, number>();
  const order = new Order(3, 5);
  for (let epoch = 0; epoch < 6000; epoch++) {
    const key = [0, 1, 2].map((i) => order.at(3 * epoch + i)).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Binomial, mean 1000, deviation 29: five deviations.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
});

test("random bits change in half of their places when one bit of the key does", () => {
  let changed = 0;
  for (let word = 0; word < 32; word++) {
    for (let sample = 0; sample < 100; sample++) {
      const difference = (randomBits(7, sample, 3) ^ randomBits(7, sample ^ (1 << word), 3)) >>> 0;
      changed += difference.toString(2).replaceAll("0", "").length;
    }
  }
  expect(randomNumbers(1, 2)()).not.toBe(randomNumbers(1, 3)());
  expect(randomBits(1)).not.toBe(randomBits(1, 0));
  // 102,400 bits, each changed with probability ½: deviation 160.
  expect(Math.abs(changed - 51_200)).toBeLessThan(800);
});
