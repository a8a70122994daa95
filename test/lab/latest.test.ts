import { expect, test } from "vitest";
import { Latest } from "../../lab/src/engine/latest.ts";

/** Work that ends when it is told to, and the requests that it was given. */
function work(): {
  readonly latest: Latest<number, string>;
  readonly begun: number[];
  readonly aborted: number[];
  readonly end: (how?: Error) => Promise<void>;
} {
  const begun: number[] = [];
  const aborted: number[] = [];
  let settle: (how?: Error) => void = () => {};
  const latest = new Latest<number, string>((request, signal) => {
    begun.push(request);
    signal.addEventListener("abort", () => aborted.push(request));
    return new Promise((resolve, reject) => {
      settle = (how) => (how ? reject(how) : resolve(`answer ${request}`));
    });
  });
  const end = async (how?: Error): Promise<void> => {
    settle(how);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { latest, begun, aborted, end };
}

test("a request that nothing follows is answered", async () => {
  const { latest, end } = work();
  const answer = latest.run(1);
  expect(latest.busy).toBe(true);
  await end();
  expect(await answer).toBe("answer 1");
  expect(latest.busy).toBe(false);
});

test("the newest request wins: the one under way is aborted, those between are never begun, and one runs at a time", async () => {
  const { latest, begun, aborted, end } = work();
  const answers = [1, 2, 3].map((request) => latest.run(request));
  expect(begun).toEqual([1]);
  expect(aborted).toEqual([1]);
  await end();
  expect(begun).toEqual([1, 3]);
  await end();
  expect(await Promise.all(answers)).toEqual([undefined, undefined, "answer 3"]);
});

test("what work throws reaches its asker, unless it was superseded, and the next request runs all the same", async () => {
  const { latest, end } = work();
  const failing = latest.run(1);
  const told = expect(failing).rejects.toThrow("no");
  await end(new Error("no"));
  await told;
  const superseded = latest.run(2);
  const last = latest.run(3);
  await end(new Error("aborted"));
  expect(await superseded).toBeUndefined();
  await end();
  expect(await last).toBe("answer 3");
});

test("cancel gives up what is under way and what waits, and later requests run", async () => {
  const { latest, aborted, end } = work();
  const answers = [1, 2].map((request) => latest.run(request));
  latest.cancel();
  expect(aborted).toEqual([1]);
  await end();
  expect(await Promise.all(answers)).toEqual([undefined, undefined]);
  const later = latest.run(3);
  await end();
  expect(await later).toBe("answer 3");
});
