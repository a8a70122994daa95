import { expect, test } from "vitest";
import { checkResult } from "../../src/diagnosis/result.ts";

test("a result of one class is told where there were several before", () => {
  const check = (former: number[], labels: number[]) =>
    checkResult({ file: "a.png", former: Uint8Array.from(former), labels: Uint8Array.from(labels) });
  expect(check([0, 1, 1, 2], [0, 1, 1, 1])).toEqual([]);
  expect(check([1, 1, 1, 1], [1, 1, 1, 1])).toEqual([]);
  expect(check([0, 1, 1, 2], [1, 1, 1, 1])).toMatchObject([
    { code: "result-one-label", severity: "warning", seen: "class 1 at every pixel, where 50.0 % had others before" },
  ]);
});
