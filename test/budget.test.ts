import { expect, test } from "vitest";
import { Budget, mostStructure } from "../src/budget.ts";

test("the budget is 64 times the file and a mebibyte, and at most 192 MiB", () => {
  expect(new Budget("x", 0).most).toBe(2 ** 20);
  expect(new Budget("x", 1000).most).toBe(64_000 + 2 ** 20);
  expect(new Budget("x", 1e9).most).toBe(mostStructure);
  expect(mostStructure).toBe(192 * 2 ** 20);
});

test("the last byte may be spent, and the next is refused at a byte of the file", () => {
  const budget = new Budget("x.pth", 1000);
  budget.spend(budget.most);
  const refused =
    "x.pth at byte 1000: expected names, shapes and nesting that take at most 1112576 bytes to hold, got more — " +
    "do not trust the file: it is damaged, or made to exhaust memory";
  expect(() => budget.spend(1, 5000)).toThrow(refused);
  expect(() => budget.spend(0)).toThrow("x.pth: expected names, shapes");
});
