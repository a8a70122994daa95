import { expect, test } from "vitest";
import { Now } from "../../src/bridges/tfjs/now.ts";

test("what is there is there at once, through any chain", () => {
  const order: string[] = [];
  const chain = new Now<number>((resolve) => resolve(1))
    .then((value) => Now.resolve(value + 1))
    .then((value) => {
      order.push("then");
      return value + 1;
    });
  order.push("after");
  expect([chain.value, order]).toEqual([3, ["then", "after"]]);
  expect(Now.all([1, Now.resolve(2)]).value).toEqual([1, 2]);
});

test("what fails throws its reason when it is looked at, unless it was caught", () => {
  const error = new Error("so it does");
  const failed = new Now(() => {
    throw error;
  });
  expect(() => failed.value).toThrow(error);
  expect(() => failed.then(() => 1).value).toThrow(error);
  expect(() => Now.all([1, Now.reject(error)]).value).toThrow(error);
  expect(failed.catch((reason) => [reason]).value).toEqual([error]);
  expect(Now.allSettled([1, Now.reject(error)]).value).toEqual([
    { status: "fulfilled", value: 1 },
    { status: "rejected", reason: error },
  ]);
});

test("what has to be waited for is a promise like others, and settles once", async () => {
  let late: (value: number) => void = () => {};
  const waiting = new Now<number>((resolve) => (late = resolve));
  const next = waiting.then((value) => value * 2);
  expect([waiting.value, next.value]).toEqual([undefined, undefined]);
  late(2);
  late(3);
  expect([waiting.value, next.value]).toEqual([2, 4]);
  expect(await Now.resolve(Promise.resolve(5)).then((value) => value + 1)).toBe(6);
  await expect(Now.resolve(Promise.reject(new Error("no")))).rejects.toThrow("no");
});
