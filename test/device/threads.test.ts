import { resolveObjectURL } from "node:buffer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { argumentOffset, controlBytes, type Shared, Word } from "../../src/device/control.ts";
import type { Device } from "../../src/device/device.ts";
import { Threads } from "../../src/device/threads.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { DeviceError } from "../../src/errors.ts";
import { relu } from "../../src/nn/relu.ts";

const threads = process.getBuiltinModule("node:worker_threads");
const { Worker: NodeWorker } = threads;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  threads.Worker = NodeWorker;
});

/** The control block in memory of its own, and threads without any worker. */
async function alone() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const shared = { memory, control: 128, kernels: ["first", "second"] } as unknown as Shared;
  const words = new Int32Array(memory.buffer, shared.control, 16);
  const values = new Float64Array(memory.buffer, shared.control + argumentOffset, 56);
  return { words, values, threads: await Threads.start("", shared, []) };
}

describe("a job", () => {
  test("is written where workers read it, is open while it runs, and is done here chunk by chunk", async () => {
    const { words, values, threads } = await alone();
    const notify = vi.spyOn(Atomics, "notify");
    const seen: number[][] = [];
    for (const epoch of [1, 2]) {
      seen.length = 0;
      threads.run("second", [5, 2.5, 2 ** 32 - 4], { begin: 3, end: 20, chunk: 5 }, (begin, end) => {
        const job = [Word.kernel, Word.argumentCount, Word.count, Word.chunk, Word.open, Word.epoch];
        expect(job.map((word) => words[word])).toEqual([1, 3, 20, 5, 1, epoch]);
        expect([...values.subarray(0, 3)]).toEqual([5, 2.5, 2 ** 32 - 4]);
        expect(notify).toHaveBeenLastCalledWith(words, Word.epoch);
        seen.push([begin, end]);
      });
      expect(seen).toEqual([[3, 8], [8, 13], [13, 18], [18, 20]]); // prettier-ignore
      expect(words[Word.open]).toBe(0);
    }
    expect(notify).toHaveBeenCalledTimes(2);
    seen.length = 0;
    threads.run("first", [], { begin: 0, end: 10, chunk: 5 }, (...range) => seen.push(range));
    expect(seen).toEqual([[0, 5], [5, 10]]); // prettier-ignore
  });

  test("leaves to workers the chunks that they have taken", async () => {
    const { words, threads } = await alone();
    const seen: number[][] = [];
    threads.run("first", [], { begin: 0, end: 12, chunk: 4 }, (begin, end) => {
      seen.push([begin, end]);
      Atomics.add(words, Word.next, 4);
    });
    expect(seen).toEqual([[0, 4], [8, 12]]); // prettier-ignore
  });

  test("that fails here is closed, and one that trapped in a worker fails here, once", async () => {
    const { words, threads } = await alone();
    const whole = { begin: 0, end: 1, chunk: 1 };
    const fails = (): never => {
      throw new RangeError("unreachable");
    };
    expect(() => threads.run("first", [], whole, fails)).toThrow(RangeError);
    expect(words[Word.open]).toBe(0);
    const trapped = (): void => void Atomics.store(words, Word.failed, 1);
    let error: unknown;
    try {
      threads.run("first", [], whole, trapped);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject({ kernel: "first" });
    expect((error as Error).message).toBe("first: expected the kernel to finish, got a trap in a worker thread");
    threads.run("first", [], whole, () => {});
    expect(threads.lost).toBe(false);
  });
});

describe("who waits for workers that are in the job", () => {
  interface Waiting {
    /** How long each of two chunks takes here. */
    readonly chunk: number;
    /** How many chunks workers have finished already. Default: 1. */
    readonly done?: number;
    /** How long each sleep takes. */
    readonly tick: number;
    /** Called in place of sleeping. */
    readonly wait: (words: Int32Array, waits: number) => void;
  }

  /** A job while a worker is in it. */
  async function run({ chunk, done = 1, tick, wait }: Waiting) {
    const { words, threads } = await alone();
    let [waits, ended, time] = [0, 0, 1000];
    vi.spyOn(Atomics, "wait").mockImplementation(((array: Int32Array, ...args: number[]) => {
      if (array.byteOffset !== words.byteOffset || args.join() !== `${Word.active},1,100`)
        throw new RangeError(args.join());
      time += tick;
      wait(words, ++waits);
      return "timed-out";
    }) as never);
    vi.spyOn(threads, "terminate").mockImplementation(() => void ended++);
    vi.spyOn(performance, "now").mockImplementation(() => time);
    const job = (): void => {
      time += chunk;
      words[Word.active] = 1;
      words[Word.done] = done;
    };
    let error: unknown;
    try {
      threads.run("first", [], { begin: 0, end: 2, chunk: 1 }, job);
    } catch (caught) {
      error = caught;
    }
    return { waits, ended, error: error as Error | undefined, lost: threads.lost };
  }
  const count = (): void => {};
  const whole = { ended: 0, error: undefined, lost: false };

  test("sleeps until they are out", async () => {
    const wait = (words: Int32Array, waits: number): void => void (waits === 3 && Atomics.store(words, Word.active, 0));
    expect(await run({ chunk: 0, tick: 100, wait })).toEqual({ ...whole, waits: 3 });
  });

  test("does not sleep where they are out soon, nor in a page, which may not", async () => {
    const { load } = Atomics;
    let looks = 0;
    const leaving = (after: number) =>
      vi.spyOn(Atomics, "load").mockImplementation(((words: Int32Array, word: number) => {
        if (word === Word.active && ++looks > after) return 0;
        return load(words, word);
      }) as never);
    leaving(1000);
    expect(await run({ chunk: 0, tick: 100, wait: count })).toEqual({ ...whole, waits: 0 });
    vi.restoreAllMocks();
    vi.stubGlobal("document", {});
    looks = 0;
    leaving(20_010);
    expect(await run({ chunk: 0, tick: 100, wait: count })).toEqual({ ...whole, waits: 0 });
  });

  test("gives up once none has finished a chunk in 5 s and a hundred times the longest of its own", async () => {
    // The first look finds how many chunks are finished; those after it add up to more than the limit.
    for (const done of [0, 1]) {
      expect(await run({ chunk: 0, done, tick: 100.01, wait: count })).toMatchObject({ waits: 51, lost: true });
    }
    const { error, ...rest } = await run({ chunk: 0, tick: 100.01, wait: count });
    expect(rest).toEqual({ waits: 51, ended: 1, lost: true });
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject({ kernel: "first" });
    expect(error!.message).toBe(
      "first: expected the worker threads to finish their shares, got none finished in 5 s: a worker thread has died — call open() again and rebuild tensors",
    );
    const slow = await run({ chunk: 40, tick: 25, wait: count });
    expect(slow).toMatchObject({ waits: 362, lost: true });
    expect(slow.error!.message).toContain("none finished in 9 s");
  });

  test("begins anew with every chunk that one of them finishes", async () => {
    const wait = (words: Int32Array, waits: number): void => void (waits === 40 && Atomics.add(words, Word.done, 1));
    expect(await run({ chunk: 0, tick: 100.01, wait })).toMatchObject({ waits: 40 + 50, lost: true });
  });

  test("takes a long jump of the clock, of a machine that slept, for 200 ms", async () => {
    expect(await run({ chunk: 0, tick: 1e6, wait: count })).toMatchObject({ waits: 27, lost: true });
  });
});

/** `-n` for every number, zeros, in rows enough for threads to share. */
async function expectComputes(device: Device): Promise<void> {
  const numbers = Float32Array.from({ length: 20_000 }, (_, i) => (i % 3) - 1);
  using values = device.tensor([5000, 4], numbers);
  using result = relu(values);
  expect(await result.read()).toEqual(numbers.map((value) => Math.max(value, 0)));
}

/** Calls `body` and returns the timers of a minute that it set, and how many of these were cleared. */
async function watches(body: () => Promise<void>): Promise<{ set: number; cleared: number }> {
  const [set, clear] = [setTimeout, clearTimeout];
  const made = new Set<unknown>();
  const cleared = new Set<unknown>();
  vi.stubGlobal("setTimeout", (work: () => void, milliseconds: number) => {
    const timer = set(work, milliseconds);
    if (milliseconds === 60_000) made.add(timer);
    return timer;
  });
  vi.stubGlobal("clearTimeout", (timer: NodeJS.Timeout) => {
    if (made.has(timer)) cleared.add(timer);
    clear(timer);
  });
  await body();
  vi.stubGlobal("setTimeout", set);
  vi.stubGlobal("clearTimeout", clear);
  return { set: made.size, cleared: cleared.size };
}

describe("in Node", () => {
  test("workers do not keep the process alive, nor does the watch over their start", async () => {
    let unreferenced = 0;
    const scratches: number[] = [];
    threads.Worker = class extends NodeWorker {
      override postMessage(message: unknown, transfer: []): void {
        scratches.push((message as { scratch: number }).scratch);
        super.postMessage(message, transfer);
      }
      override unref(): void {
        unreferenced++;
        super.unref();
      }
    };
    const timers = await watches(async () => {
      using device = await openWasm({ threads: 3 });
      await expectComputes(device);
    });
    expect(timers).toEqual({ set: 2, cleared: 2 });
    expect(unreferenced).toBe(2);
    // Each has memory of its own for its private arrays.
    const [first, second] = scratches as [number, number];
    expect(first).toBeGreaterThan(0);
    expect(Math.abs(second - first)).toBeGreaterThanOrEqual(65536);
    threads.Worker = class extends NodeWorker {
      constructor() {
        super("throw new Error('ended')", { eval: true });
      }
    };
    const failed = await watches(() => expect(openWasm({ threads: 2 })).rejects.toThrow(/1 worker threads, got ended/));
    expect(failed).toEqual({ set: 1, cleared: 1 });
  });

  test("a worker that says nothing for a minute is taken to be blocked", async () => {
    threads.Worker = class extends NodeWorker {
      constructor() {
        super("setInterval(() => {}, 1000)", { eval: true });
        this.unref();
      }
    };
    const set = setTimeout;
    vi.stubGlobal("setTimeout", (work: () => void, milliseconds: number) =>
      set(work, milliseconds === 60_000 ? 0 : milliseconds),
    );
    await expect(openWasm({ threads: 2 })).rejects.toThrow(
      /^wasm: expected 1 worker threads, got no answer within 60000 ms — open with threads: 1, or allow worker-src/,
    );
  });
});

describe("in a browser", () => {
  /** A page's workers over those of Node: what runs is the text that the page would run. */
  class PageWorker extends EventTarget {
    static made: PageWorker[] = [];
    terminated = 0;
    readonly url: string;
    readonly #inner: Promise<InstanceType<typeof NodeWorker>>;

    constructor(url: string) {
      super();
      this.url = url;
      this.#inner = this.#start(resolveObjectURL(url)!);
      PageWorker.made.push(this);
    }

    async #start(blob: NonNullable<ReturnType<typeof resolveObjectURL>>) {
      expect(blob.type).toBe("text/javascript");
      const page = `const { parentPort } = require("node:worker_threads");
        const events = new EventTarget();
        globalThis.addEventListener = events.addEventListener.bind(events);
        globalThis.postMessage = (message) => parentPort.postMessage(message);
        parentPort.once("message", (data) => events.dispatchEvent(new MessageEvent("message", { data })));
        process.getBuiltinModule = undefined;`;
      const inner = new NodeWorker(`${page}\n${await blob.text()}`, { eval: true });
      inner.unref();
      inner.on("message", (data) => this.dispatchEvent(new MessageEvent("message", { data })));
      return inner;
    }

    postMessage(message: unknown): void {
      void this.#inner.then((inner) => inner.postMessage(message));
    }

    terminate(): void {
      this.terminated++;
      void this.#inner.then((inner) => inner.terminate());
    }
  }

  /** A page that has this class of workers. */
  function standIn(Worker: unknown): void {
    PageWorker.made = [];
    vi.stubGlobal("process", { ...process, versions: {}, getBuiltinModule: undefined });
    vi.stubGlobal("Worker", Worker);
  }

  test("workers run a script of a URL of its own, which is revoked; they end with the device", async () => {
    standIn(PageWorker);
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    const timers = await watches(async () => {
      using device = await openWasm({ threads: 3 });
      await expectComputes(device);
      expect(PageWorker.made.map(({ terminated }) => terminated)).toEqual([0, 0]);
    });
    expect(timers).toEqual({ set: 2, cleared: 2 });
    expect(PageWorker.made.map(({ terminated }) => terminated)).toEqual([1, 1]);
    expect(revoked.mock.calls.flat().sort()).toEqual(PageWorker.made.map(({ url }) => url).sort());
  });

  test.each([
    ["", "a worker that did not start"],
    ["blocked", "blocked"],
  ])("a worker that fails with the message '%s' is told, and the others end", async (message, told) => {
    standIn(
      class extends PageWorker {
        constructor(url: string) {
          super(url);
          if (PageWorker.made.length === 2) {
            setTimeout(() => this.dispatchEvent(Object.assign(new Event("error"), { message })));
          }
        }
      },
    );
    const timers = await watches(async () => {
      const error = await openWasm({ threads: 4 }).catch((reason: unknown) => reason as DeviceError);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).message).toContain(
        `expected 3 worker threads, got ${told} — open with threads: 1, or allow worker-src blob:`,
      );
      expect((error as DeviceError).cause).toBeInstanceOf(Error);
    });
    expect(timers).toEqual({ set: 3, cleared: 3 });
    expect(PageWorker.made.map(({ terminated }) => terminated)).toEqual([1, 1, 1]);
  });
});

test("the control block has room for its words and the most arguments", () => {
  expect(argumentOffset).toBeGreaterThanOrEqual(4 * Object.keys(Word).length);
  expect(new Set(Object.values(Word)).size).toBe(Object.keys(Word).length);
  expect(controlBytes).toBe(argumentOffset + 8 * 56);
});
