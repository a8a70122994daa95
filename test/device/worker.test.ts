import { afterEach, expect, test, vi } from "vitest";
import { argumentOffset, Word } from "../../src/device/control.ts";
import { work } from "../../src/device/worker.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Ends the worker's loop, which has no end. */
class End extends Error {}

/** What the main thread writes for a job. `open` is 0 where the job is over before the worker wakes. */
interface Job {
  readonly kernel: number;
  readonly args: readonly number[];
  readonly count: number;
  readonly chunk: number;
  readonly next: number;
  readonly open?: 0;
}

/** Runs a worker here, which finds one job after the other whenever it would sleep. Returns all that it did, in order. */
function runJobs(
  jobs: readonly Job[],
  kernels: Readonly<Record<string, (...args: number[]) => void>>,
  sleeping: () => void = () => {},
): unknown[] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const [control, scratch] = [256, 4096];
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + argumentOffset, 56);
  const log: unknown[] = [];
  const state = (): object => ({ active: words[Word.active], done: words[Word.done], failed: words[Word.failed] });
  const noting =
    (name: string, kernel: (...args: number[]) => void) =>
    (...args: number[]): void => {
      log.push([name, ...args, words[Word.active]]);
      kernel(...args);
    };
  const noted = Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, noting(name, kernel)]));
  const exports = { setScratch: (address: number) => log.push(["scratch", address]) };
  vi.spyOn(WebAssembly, "Instance").mockImplementation(function (...args: unknown[]) {
    expect(args).toEqual(["the module", { env: { memory } }]);
    return { exports: { ...exports, ...noted } };
  });
  vi.spyOn(Atomics, "notify").mockImplementation((_, word) => log.push(["notify", word, state()]));
  const left = [...jobs];
  vi.spyOn(Atomics, "wait").mockImplementation(((array: Int32Array, word: number, value: number) => {
    sleeping();
    expect([array.byteOffset, word]).toEqual([control, Word.epoch]);
    // A job that came meanwhile wakes it at once.
    if (value !== words[Word.epoch]) return "not-equal";
    log.push(["sleep", state()]);
    const job = left.shift();
    if (!job) throw new End();
    words[Word.kernel] = job.kernel;
    words[Word.argumentCount] = job.args.length;
    words[Word.count] = job.count;
    words[Word.chunk] = job.chunk;
    words[Word.next] = job.next;
    words[Word.open] = job.open ?? 1;
    values.set(job.args);
    Atomics.add(words, Word.epoch, 1);
    return "ok";
  }) as never);
  const given = { module: "the module" as never, memory, control, scratch, kernels: Object.keys(kernels) };
  expect(() => work(given, () => log.push(["ready"]))).toThrow(End);
  return log;
}

const idle = { active: 0, done: 0, failed: 0 };

test("a worker takes the chunks that are left of a job, from the next on, and then sleeps", () => {
  const kernels = { first: () => {}, second: () => {} };
  const jobs = [
    { kernel: 1, args: [7, 2.5], count: 20, chunk: 6, next: 6 },
    { kernel: 0, args: [2 ** 32 - 4], count: 4, chunk: 4, next: 0 },
    // Others have taken all of it.
    { kernel: 0, args: [], count: 4, chunk: 4, next: 4 },
  ];
  expect(runJobs(jobs, kernels)).toEqual([
    ["scratch", 4096],
    ["ready"],
    ["sleep", idle],
    ["second", 7, 2.5, 6, 12, 1],
    ["second", 7, 2.5, 12, 18, 1],
    ["second", 7, 2.5, 18, 20, 1],
    ["notify", Word.active, { ...idle, done: 3 }],
    ["sleep", { ...idle, done: 3 }],
    ["first", 2 ** 32 - 4, 0, 4, 1],
    ["notify", Word.active, { ...idle, done: 4 }],
    ["sleep", { ...idle, done: 4 }],
    ["notify", Word.active, { ...idle, done: 4 }],
    ["sleep", { ...idle, done: 4 }],
  ]);
});

test("one that wakes when the job is closed does nothing of it, and one that traps says so and goes on", () => {
  const kernels = {
    trap: () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
    fine: () => {},
  };
  const job = { kernel: 1, args: [], count: 2, chunk: 1, next: 0 };
  expect(runJobs([{ ...job, open: 0 }, { ...job, kernel: 0 }, job], kernels)).toEqual([
    ["scratch", 4096],
    ["ready"],
    ["sleep", idle],
    ["notify", Word.active, idle],
    ["sleep", idle],
    ["trap", 0, 1, 1],
    ["notify", Word.active, { ...idle, failed: 1 }],
    ["sleep", { ...idle, failed: 1 }],
    ["fine", 0, 1, 1],
    ["fine", 1, 2, 1],
    ["notify", Word.active, { active: 0, done: 2, failed: 1 }],
    ["sleep", { active: 0, done: 2, failed: 1 }],
  ]);
});

test("a worker looks for the next job for a while before it sleeps, and does not sleep before one that it sees", () => {
  const looks: number[] = [];
  const { load } = Atomics;
  let count = 0;
  vi.spyOn(Atomics, "load").mockImplementation(((words: Int32Array, word: number) => {
    if (word !== Word.epoch) return load(words, word);
    // The second job is there at the tenth look.
    return ++count === 10 && looks.length === 1 ? Atomics.add(words, word, 1) + 1 : load(words, word);
  }) as never);
  const job = { kernel: 0, args: [], count: 1, chunk: 1, next: 0 };
  const sleeping = (): void => {
    looks.push(count);
    count = 0;
  };
  runJobs([job], { only: () => {} }, sleeping);
  const [first, second] = looks as [number, number];
  expect(first).toBeGreaterThan(1000);
  // Ten looks for the second job, then as many as before the first sleep.
  expect(second).toBeGreaterThanOrEqual(first + 9);
  expect(second).toBeLessThan(first + 20);
});
