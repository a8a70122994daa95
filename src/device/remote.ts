import { workerSource } from "../../build/worker.ts";
import { DeviceError, LimitError } from "../errors.ts";
import type { Timed } from "./base.ts";
import type { Data } from "./device.ts";
import { type Call, type Machine, outOfMemory, pageBytes, type Places } from "./machine.ts";
import { listen, type OwnWorker, startWorker, type WorkerLike } from "./port.ts";
import { type Answer, type Command, isAnswer, type Message, type Request, type Told } from "./protocol.ts";

/** A worker that has not answered after this many milliseconds is taken to be none that computes. */
const openMilliseconds = 60_000;
/** So many commands are sent at once. */
const batchSize = 256;
/** Long calls wait while the worker has more messages than these before it, so that it soon ends what was given up. */
const mostAhead = 8;

/** A message that was sent and not answered yet. */
interface Sent {
  readonly answered: Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A machine in a worker. Commands wait for the end of the current task, or for a request, and go in one message. */
export class RemoteMachine implements Machine {
  readonly handle = {};
  /** What the worker's memory has, which it tells when it opens. */
  heapBase!: number;
  bytes!: number;
  mostBytes!: number;
  /** Drawn, since another copy of the library may have devices in the same worker. */
  readonly #id = Math.random();
  readonly #port: WorkerLike;
  /** The same worker, if it is not the caller's. */
  readonly #own: OwnWorker | undefined;
  readonly #stop: () => void;
  readonly #sent: Sent[] = [];
  readonly #timed = new Map<number, Timed>();
  #timings = 0;
  #commands: Command[] = [];
  #transfer: ArrayBuffer[] = [];
  #lost: DeviceError | undefined;

  private constructor(port: WorkerLike, own: OwnWorker | undefined) {
    this.#port = port;
    this.#own = own;
    this.#stop = listen(
      port,
      (message) => {
        if (isAnswer(message) && message.crfRnn === this.#id) this.#hear(message);
      },
      (reason) => this.#lose(lostWorker(reason)),
    );
  }

  /** Opens a machine in `given`, or in a worker of its own. @throws DeviceError */
  static async open(
    given: WorkerLike | undefined,
    module: WebAssembly.Module,
    shared: boolean,
  ): Promise<RemoteMachine> {
    const own = given ? undefined : startOwn();
    const machine = new RemoteMachine(given ?? own!, own);
    const late = setTimeout(
      () => machine.#lose(refusedWorker(`no answer within ${openMilliseconds} ms`)),
      openMilliseconds,
    );
    try {
      Object.assign(machine, await machine.#ask(["open", module, shared]));
      return machine;
    } catch (error) {
      machine.close();
      if (error !== machine.#lost) throw error;
      throw refusedWorker((error as DeviceError).got);
    } finally {
      clearTimeout(late);
    }
  }

  async start(places: Places): Promise<void> {
    await this.#ask(["start", places]);
  }

  grow(pages: number): void {
    const bytes = pages * pageBytes;
    if (this.bytes + bytes > this.mostBytes) throw outOfMemory(bytes, this.bytes);
    this.bytes += bytes;
    this.#queue(["grow", pages]);
  }

  write(offset: number, data: Data, own = false): void {
    // What the caller goes on to change must not change what was written.
    const sent = own ? data : data.slice();
    this.#queue(["write", offset, sent], [sent.buffer as ArrayBuffer]);
  }

  read(offset: number, bytes: number): Promise<ArrayBuffer> {
    return this.#ask(["read", offset, bytes]) as Promise<ArrayBuffer>;
  }

  copy(from: number, to: number, bytes: number): void {
    this.#queue(["copy", from, to, bytes]);
  }

  clear(offset: number, bytes: number): void {
    this.#queue(["clear", offset, bytes]);
  }

  run(call: Call, timed?: Timed): void {
    if (call.twin) {
      throw new DeviceError({
        where: call.file,
        kernel: call.kernel,
        expected: "a kernel of the library",
        got: "a twin in JavaScript, which cannot be sent to a worker",
        remedy: "open the device without worker, or use the whole library in a worker of your own",
      });
    }
    if (timed) this.#timed.set(++this.#timings, timed);
    this.#queue(["run", call, timed && this.#timings]);
  }

  async finish(): Promise<void> {
    await this.#ask(["finish"]);
  }

  caughtUp(): Promise<void> | undefined {
    return this.#sent.at(-mostAhead)?.answered.then(nothing, nothing);
  }

  close(): void {
    this.#ask(["close"]).catch(nothing);
    this.#lose(lostWorker("one that was closed"));
  }

  #queue(command: Command, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#lost) return;
    this.#transfer.push(...transfer);
    if (this.#commands.push(command) === 1) queueMicrotask(() => this.#flush());
    if (this.#commands.length === batchSize) this.#flush();
  }

  #flush(): void {
    if (this.#commands.length > 0) this.#ask().catch(nothing);
  }

  /** Sends what is queued, and a request. @throws DeviceError if the worker is lost, or what it answers */
  #ask(request?: Request): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    const message: Message = { crfRnn: this.#id, commands: this.#commands, request };
    const transfer = this.#transfer;
    this.#commands = [];
    this.#transfer = [];
    this.#port.postMessage(message, transfer);
    // Whoever waits for an answer wants the process to live until then.
    if (this.#sent.length === 0) this.#own?.ref?.();
    let settle: Omit<Sent, "answered">;
    const answered = new Promise((resolve, reject) => (settle = { resolve, reject }));
    this.#sent.push({ answered, ...settle! });
    return answered;
  }

  #hear({ value, error, times }: Answer): void {
    const { resolve, reject } = this.#sent.shift()!;
    if (this.#sent.length === 0) this.#own?.unref?.();
    for (const [timing, begin, end] of times) {
      this.#timed.get(timing)!(begin - performance.timeOrigin, end - performance.timeOrigin);
      this.#timed.delete(timing);
    }
    if (error) reject(errorOf(error));
    else resolve(value);
  }

  #lose(error: DeviceError): void {
    if (this.#lost) return;
    this.#lost = error;
    this.#stop();
    this.#own?.terminate();
    for (const { answered, reject } of this.#sent.splice(0)) {
      answered.catch(nothing);
      reject(error);
    }
  }
}

const nothing = (): void => {};

/** @throws DeviceError where the host has no workers, or the page's policy forbids them */
function startOwn(): OwnWorker {
  try {
    return startWorker(workerSource);
  } catch (cause) {
    throw refusedWorker(String(cause));
  }
}

const refusedWorker = (got: string): DeviceError =>
  new DeviceError({
    where: "open",
    expected: "a worker that computes",
    got,
    remedy:
      "allow worker-src blob: in the page's Content-Security-Policy, or make a module worker of crf-rnn/worker and pass it: open({ worker })",
  });

const lostWorker = (got: string): DeviceError =>
  new DeviceError({
    where: "wasm",
    expected: "the worker to go on",
    got,
    remedy: "call open() again and rebuild tensors",
  });

/** Of what the library throws, a worker throws these. */
const errorOf = ({ name, ...facts }: Told): Error =>
  name === "LimitError" ? new LimitError(facts) : new DeviceError(facts);
