import { DeviceError } from "../errors.ts";

/**
 * Words of the block of shared memory through which the main thread hands a kernel to its workers. A worker that
 * wakes late finds the job closed and goes back to sleep, so nobody ever waits for it.
 */
const Word = {
  epoch: 0,
  open: 1,
  active: 2,
  next: 3,
  chunk: 4,
  count: 5,
  kernel: 6,
  argumentCount: 7,
  failed: 8,
} as const;
const argumentOffset = 64;
/** Bytes of the block: 16 words, then up to 56 arguments as float64. */
export const controlBytes = 512;

/** A worker, the same for worker_threads and web workers. */
interface Peer {
  terminate(): void;
}

interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly kernels: readonly string[];
}

/** Runs in each worker; sent as source text, so it may refer to nothing outside itself. */
function workerMain(
  { module, memory, control, kernels, scratch }: Shared & { scratch: number },
  word: typeof Word,
  offset: number,
  ready: () => void,
): void {
  const words = new Int32Array(memory.buffer, control, 16);
  const values = new Float64Array(memory.buffer, control + offset, 56);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.setScratch as (address: number) => void)(scratch);
  let epoch = 0;
  ready();
  for (;;) {
    // A short spin catches the next kernel of a chain without the cost of a sleep and a wake.
    for (let spin = 0; spin < 4000 && Atomics.load(words, word.epoch) === epoch; spin++);
    Atomics.wait(words, word.epoch, epoch);
    epoch = Atomics.load(words, word.epoch);
    Atomics.add(words, word.active, 1);
    if (Atomics.load(words, word.open) === 1) {
      try {
        const kernel = exports[kernels[words[word.kernel]!]!] as (...args: number[]) => void;
        const args = [...values.subarray(0, words[word.argumentCount]!)];
        const count = words[word.count]!;
        const chunk = words[word.chunk]!;
        for (let begin; (begin = Atomics.add(words, word.next, chunk)) < count;) {
          kernel(...args, begin, Math.min(begin + chunk, count));
        }
      } catch {
        Atomics.store(words, word.failed, 1);
      }
    }
    Atomics.sub(words, word.active, 1);
    Atomics.notify(words, word.active);
  }
}

const sharedSource = `${workerMain.toString()}\nconst start = (message, ready) => workerMain(message, ${JSON.stringify(Word)}, ${argumentOffset}, ready);`;

function startWorker(message: unknown): Promise<Peer> {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  return new Promise((resolve, reject) => {
    if (threads) {
      const source = `const { workerData, parentPort } = require("node:worker_threads");\n${sharedSource}\nstart(workerData, () => parentPort.postMessage("ready"));`;
      const worker = new threads.Worker(source, { eval: true, workerData: message });
      worker.once("message", () => {
        worker.unref();
        resolve({ terminate: () => void worker.terminate() });
      });
      worker.once("error", reject);
      return;
    }
    const source = `${sharedSource}\nonmessage = ({ data }) => start(data, () => postMessage("ready"));`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve({ terminate: () => worker.terminate() });
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(message);
  });
}

/** Worker threads that split a kernel's range with the main thread. */
export class Threads {
  readonly #peers: Peer[];
  readonly #words: Int32Array;
  readonly #values: Float64Array;
  readonly #kernels: readonly string[];

  private constructor(peers: Peer[], shared: Shared) {
    this.#peers = peers;
    this.#words = new Int32Array(shared.memory.buffer, shared.control, 16);
    this.#values = new Float64Array(shared.memory.buffer, shared.control + argumentOffset, 56);
    this.#kernels = shared.kernels;
  }

  static async start(shared: Shared, scratches: readonly number[]): Promise<Threads> {
    const peers = await Promise.all(scratches.map((scratch) => startWorker({ ...shared, scratch }))).catch(
      (cause: unknown) => {
        throw new DeviceError(
          {
            where: "wasm",
            expected: `${scratches.length} worker threads`,
            got: String(cause),
            remedy: "open with threads: 1",
          },
          { cause },
        );
      },
    );
    return new Threads(peers, shared);
  }

  /**
   * Runs `call(begin, end)` here and the kernel of that name in the workers until `count` is done, in chunks of `chunk`.
   * @throws DeviceError if the kernel trapped in a worker.
   */
  run(
    name: string,
    args: readonly number[],
    count: number,
    chunk: number,
    call: (begin: number, end: number) => void,
  ): void {
    const words = this.#words;
    words[Word.kernel] = this.#kernels.indexOf(name);
    words[Word.argumentCount] = args.length;
    words[Word.count] = count;
    words[Word.chunk] = chunk;
    this.#values.set(args);
    Atomics.store(words, Word.next, 0);
    Atomics.store(words, Word.open, 1);
    Atomics.add(words, Word.epoch, 1);
    Atomics.notify(words, Word.epoch);
    try {
      for (let begin; (begin = Atomics.add(words, Word.next, chunk)) < count;)
        call(begin, Math.min(begin + chunk, count));
    } finally {
      Atomics.store(words, Word.open, 0);
      this.#join();
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

  /** Waits until no worker is inside the closed job. A browser's main thread may not sleep, so it spins. */
  #join(): void {
    const words = this.#words;
    for (let spin = 0; ; spin++) {
      const active = Atomics.load(words, Word.active);
      if (active === 0) return;
      if (spin > 20_000 && mayWait) Atomics.wait(words, Word.active, active, 100);
    }
  }

  terminate(): void {
    for (const peer of this.#peers) peer.terminate();
  }
}

/** Whether this thread may sleep in Atomics.wait: everywhere but on a page's main thread. */
const mayWait = typeof (globalThis as { document?: unknown }).document === "undefined";
