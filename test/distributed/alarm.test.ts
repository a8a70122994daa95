import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Alarm } from "../../src/distributed/alarm.ts";
import type { Announcement, Failure } from "../../src/distributed/messages.ts";
import { Progress } from "../../src/distributed/progress.ts";
import { memoryTransports } from "./memoryRanks.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The alarms of some ranks, with what each has heard, whether it knows that all end, and with what status it has ended all. */
function alarms(size: number) {
  return memoryTransports(size).map((transport) => {
    const heard: Announcement[] = [];
    const ends = { concluded: false, aborted: undefined as number | undefined };
    const watched = { ...transport, abort: (status: number) => void (ends.aborted = status) };
    const alarm = new Alarm(
      watched,
      new Progress(watched),
      (announcement) => heard.push(announcement),
      () => (ends.concluded = true),
    );
    return { alarm, heard, ends };
  });
}

const failure = (rank: number, got = "none"): Failure => ({
  rank,
  status: 2,
  facts: { where: "data", expected: "a picture", got, remedy: "look" },
});

test("a rank's failure is heard by all, and all know when every rank ends", async () => {
  const ranks = alarms(3);
  ranks[1]!.alarm.fail(failure(1));
  await vi.advanceTimersByTimeAsync(100);
  expect(ranks.map(({ heard }) => heard)).toEqual([
    [{ from: 1, failure: failure(1) }],
    [],
    [{ from: 1, failure: failure(1) }],
  ]);
  ranks[0]!.alarm.fail(failure(1));
  await vi.advanceTimersByTimeAsync(100);
  expect(ranks.map(({ ends }) => ends.concluded)).toEqual([false, false, false]);
  ranks[2]!.alarm.fail(failure(1));
  await vi.advanceTimersByTimeAsync(100);
  expect(ranks.map(({ ends }) => ends.concluded)).toEqual([true, true, true]);
  for (const { alarm } of ranks) alarm.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ranks.map(({ ends }) => ends.aborted)).toEqual([undefined, undefined, undefined]);
});

test("where a rank does not end by itself, all are ended after a while", async () => {
  const ranks = alarms(2);
  ranks[0]!.alarm.fail(failure(0));
  await vi.advanceTimersByTimeAsync(14_000);
  expect(ranks.map(({ ends }) => ends.aborted)).toEqual([undefined, undefined]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(ranks.map(({ ends }) => ends)).toEqual([
    { concluded: false, aborted: 2 },
    { concluded: false, aborted: 2 },
  ]);
});

test("a rank without a heartbeat for 30 seconds is told of by the one after it, and none that beats", async () => {
  const ranks = alarms(3);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(ranks.flatMap(({ heard }) => heard)).toEqual([]);
  ranks[1]!.alarm.rest();
  await vi.advanceTimersByTimeAsync(28_000);
  expect(ranks.flatMap(({ heard }) => heard)).toEqual([]);
  await vi.advanceTimersByTimeAsync(4000);
  const expected = { from: 2, failure: { rank: 1, status: 2 } };
  expect(ranks.map(({ heard }) => heard)).toMatchObject([[], [], [expected]]);
  expect(ranks[2]!.heard[0]!.failure.facts.got).toBe("none for 30 seconds");
});

test("a long sentence is shortened to what a message holds", async () => {
  const ranks = alarms(2);
  ranks[0]!.alarm.fail(failure(0, "§".repeat(10_000)));
  await vi.advanceTimersByTimeAsync(100);
  const { where, got } = ranks[1]!.heard[0]!.failure.facts;
  expect("data".startsWith(where)).toBe(true);
  expect(got).toMatch(/^§{1000,2000}$/);
});
