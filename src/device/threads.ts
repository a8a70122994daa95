import { DeviceError } from "../errors.ts";
import { argumentOffset, type Shared, spins, type Thread, Word } from "./control.ts";
import { listen, type OwnWorker, startWorker } from "./port.ts";

/**
 * A worker that has not started after this many milliseconds is taken to be blocked: some hosts block workers without
 * an error.
 */
const startMilliseconds = 60_000;

function startThread(source: string, message: Thread): Promise<OwnWorker> {
  return new Promise((resolve, reject) => {
    const worker = startWorker(source);
    const fail = (got: string): void => {
      clearTimeout(watch);
      worker.terminate();
      reject(new DeviceError({ where: "wasm", expected: "a thread", got }));
    };
    const watch = setTimeout(() => fail(`no answer within ${startMilliseconds} ms`), startMilliseconds);
    const ready = (): void => {
      clearTimeout(watch);
      worker.unref?.();
      resolve(worker);
    };
    // Node ends a process whose worker tells of an error that nobody hears, so that it is heard as long as the worker lives.
    listen(worker, ready, fail);
    worker.postMessage(message, []);
  });
}

/** Worker threads that split a kernel's range with the main thread. */
export class Threads {
  readonly #workers: OwnWorker[];
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  /** Places by name: to look for one in the list reads every name, from far after kernels went through the caches. */
  readonly #kernels: ReadonlyMap<string, number>;
  #lost = false;

  private constructor(workers: OwnWorker[], shared: Shared) {
    this.#workers = workers;
    this.#words = new Int32Array(shared.memory.buffer, shared.control, 16);
    this.#values = new Float64Array(shared.memory.buffer, shared.control + argumentOffset, 56);
    this.#kernels = new Map(shared.kernels.map((name, place) => [name, place]));
  }

  /** `source` is the text of build/thread.ts. @throws DeviceError if one of them does not start; none is left then */
  static async start(source: string, shared: Shared, scratches: readonly number[]): Promise<Threads> {
    const starting = scratches.map(async (scratch) => startThread(source, { ...shared, scratch }));
    const settled = await Promise.allSettled(starting);
    const workers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const failed = settled.find((one) => one.status === "rejected");
    if (!failed) return new Threads(workers, shared);
    for (const worker of workers) worker.terminate();
    const cause: unknown = failed.reason;
    throw new DeviceError(
      {
        where: "wasm",
        expected: `${scratches.length} worker threads`,
        got: cause instanceof DeviceError ? cause.got : String(cause),
        remedy: "open with threads: 1, or allow worker-src blob: in the page's Content-Security-Policy",
      },
      { cause },
    );
  }

  /** Whether a worker died inside a kernel. Its memory may be half written then, so nothing runs here any more. */
  get lost(): boolean {
    return this.#lost;
  }

  /**
   * Runs `call(begin, end)` here and the kernel of that name in the workers until the range is done, in chunks.
   * @throws DeviceError if the kernel trapped in a worker, or a worker died in it.
   */
  run(
    name: string,
    args: readonly number[],
    { begin: first, end: count, chunk }: { readonly begin: number; readonly end: number; readonly chunk: number },
    call: (begin: number, end: number) => void,
  ): void {
    const words = this.#words;
    words[Word.kernel] = this.#kernels.get(name)!;
    words[Word.argumentCount] = args.length;
    words[Word.count] = count;
    words[Word.chunk] = chunk;
    for (let i = 0; i < args.length; i++) this.#values[i] = args[i]!;
    Atomics.store(words, Word.next, first);
    Atomics.store(words, Word.open, 1);
    Atomics.add(words, Word.epoch, 1);
    Atomics.notify(words, Word.epoch);
    let longest = 0;
    try {
      for (let begin; (begin = Atomics.add(words, Word.next, chunk)) < count;) {
        const start = performance.now();
        call(begin, Math.min(begin + chunk, count));
        longest = Math.max(longest, performance.now() - start);
      }
    } finally {
      Atomics.store(words, Word.open, 0);
      this.#join(name, longest);
    }
    if (Atomics.exchange(words, Word.failed, 0) === 1) {
      throw new DeviceError({
        where: name,
        kernel: name,
        expected: "the kernel to finish",
        got: "a trap in a worker thread",
      });
    }
  }

  /**
   * Waits until no worker is inside the closed job. A browser's main thread may not sleep, so it spins. All chunks have
   * one size. A worker counts as dead if it finishes none in `patience` plus a hundred times the longest time that a
   * chunk took on this thread.
   * @throws DeviceError then
   */
  #join(name: string, longest: number): void {
    const words = this.#words;
    const limit = patience + 100 * longest;
    let done = -1;
    let waited = 0;
    let last = performance.now();
    for (let spin = 0; ; spin++) {
      const active = Atomics.load(words, Word.active);
      if (active === 0) return;
      if (spin <= spins) continue;
      if (mayWait()) Atomics.wait(words, Word.active, active, 100);
      const now = performance.now();
      const finished = Atomics.load(words, Word.done);
      // If the machine was suspended, the clock makes one long jump. Such a jump is counted as a short interval.
      waited = finished === done ? waited + Math.min(now - last, 200) : 0;
      done = finished;
      last = now;
      if (waited > limit) break;
    }
    this.#lost = true;
    this.terminate();
    throw new DeviceError({
      where: name,
      kernel: name,
      expected: "the worker threads to finish their shares",
      got: `none finished in ${Math.round(limit / 1000)} s: a worker thread has died`,
      remedy: "call open() again and rebuild tensors",
    });
  }

  terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** The least number of milliseconds without a finished chunk after which a worker counts as dead. */
const patience = 5000;

/** Tells whether this thread may sleep in Atomics.wait, which every thread may but a page's main thread. */
const mayWait = (): boolean => typeof (globalThis as { document?: unknown }).document === "undefined";
