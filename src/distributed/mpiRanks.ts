import { Worker } from "node:worker_threads";
import { CrfRnnError, DeviceError, type ErrorFacts, InternalError } from "../errors.ts";
import { hostHere } from "../train/made.ts";
import type { GradientLayout, GradientSum, Ranks } from "../train/ranks.ts";
import { ArenaSum } from "./arenaSum.ts";
import { leaveWithout } from "./leave.ts";
import type { Answer, Failure, Request } from "./messages.ts";
import { settleUcx } from "./ucx.ts";

/** Thrown by what waits for other ranks once one of them has failed. */
export class RankError extends DeviceError {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.facts);
    this.failure = failure;
  }
}

/** What the ranks of a run that has failed agree on. */
export interface Verdict {
  /** What failed, at the first rank where something did. */
  readonly failure: Failure;
  /** Whether this rank is the one that tells. */
  readonly speaks: boolean;
}

/** What a rank's talk with the others came to. */
export interface Traffic {
  readonly ranks: number;
  /** What MPI says of itself. */
  readonly library: string;
  /** Bytes of gradients and their sums that this rank sent. */
  readonly bytes: number;
  /** Seconds that this rank waited for sums of gradients, with nothing left to compute. */
  readonly waited: number;
}

/** No part of a failure is longer in a message. */
const longestPart = 1000;

/** Milliseconds that other ranks get to hear of a failure, the one that speaks to do so where some have not heard, and MPI to take its leave. */
const [toConclude, toSpeak, toFinalize] = [6000, 3000, 3000];

interface Pending {
  readonly resolve: (bytes: readonly Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

/** The ranks that `mpirun` or `srun` started. Another thread talks to them, so that messages advance while this one computes. */
export class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly build: string;
  readonly host: string;
  /** What MPI says of itself, e.g. `MPICH 4.0.2`. */
  readonly library: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #failures = new Map<number, Failure>();
  /** Ranks that have said that they end. */
  readonly #heard = new Set<number>();
  #asked = 0;
  #sum: ArenaSum | undefined;
  #error: Error | undefined;
  #concluded: () => void = () => {};
  #finalized: () => void = () => {};
  #sent = 0;

  private constructor(worker: Worker, build: string, { name, rank, size }: Extract<Answer, { event: "joined" }>) {
    this.#worker = worker;
    this.build = build;
    this.host = hostHere();
    this.rank = rank;
    this.size = size;
    this.library = name;
    worker.on("message", (said: Answer) => this.#hear(said));
    worker.on("error", (error) => this.#fail(error));
  }

  /** Joins the other ranks. `build`: which one runs here. @throws DeviceError where there is no MPI, none that fits, or no launcher */
  static async join(build: string): Promise<MpiRanks> {
    settleUcx(process.env);
    const worker = new Worker(new URL("mpiWorker.js", import.meta.url));
    const said = await new Promise<Answer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    if (said.event === "joined") return new MpiRanks(worker, build, said);
    void worker.terminate();
    throw said.event === "refused" ? new DeviceError(said.facts) : unexpected(said);
  }

  async exchange(own: Uint8Array): Promise<readonly Uint8Array[]> {
    const all = await this.#ask("gather", own);
    return unpacked(await this.spread(packed(all)));
  }

  async spread(own: Uint8Array): Promise<Uint8Array> {
    const [bytes] = await this.#ask("spread", own);
    return bytes!.slice(); // It may lie in memory that threads share, which decoders and digests do not take.
  }

  sum(layout: GradientLayout): GradientSum {
    const { rank, size } = this;
    this.#sum = new ArenaSum({ rank, size, post: (asked) => this.#post(asked) }, layout);
    return this.#sum;
  }

  /** Takes leave, at the end of a run. */
  async close(): Promise<Traffic> {
    // Hearts beat until all are here: the first rank may write its report for long.
    await this.exchange(new Uint8Array());
    this.#post({ op: "rest" });
    await this.exchange(new Uint8Array());
    const { library, size: ranks } = this;
    await this.#finalize();
    return { ranks, library, bytes: this.#sent, waited: (this.#sum?.waited ?? 0) / 1000 };
  }

  /** Tells the others that this rank ends by this error, or since it has heard of theirs, and agrees with them on what is told. */
  async fail(error: unknown): Promise<Verdict> {
    const failure = error instanceof RankError ? error.failure : this.#failureOf(error);
    this.#failures.set(failure.rank, failure);
    const concluded = new Promise<true>((resolve) => (this.#concluded = () => resolve(true)));
    this.#post({ op: "fail", failure });
    const all = (await within(toConclude, concluded)) ?? false;
    const speaks = this.rank === 0 || !(all || this.#heard.has(0));
    await this.#leave(all, speaks);
    const [first] = [...this.#failures.values()].sort((a, b) => a.rank - b.rank);
    return { failure: first!, speaks };
  }

  /**
   * Launchers end all ranks as soon as one has ended with another status than 0, so whoever speaks has to have spoken by then. Where all
   * ranks take leave of MPI, that is when the one that speaks does, too.
   */
  async #leave(all: boolean, speaks: boolean): Promise<void> {
    if (all && !speaks) return this.#finalize();
    if (all) {
      this.#worker.unref();
      process.once("beforeExit", () => void this.#finalize());
      return;
    }
    if (!speaks) await new Promise((resolve) => setTimeout(resolve, toSpeak));
    void this.#worker.terminate();
  }

  #failureOf(error: unknown): Failure {
    const { rank } = this;
    if (error instanceof CrfRnnError) {
      const { where, expected, got, remedy } = error;
      return { rank, status: 2, facts: { where: cut(where), expected: cut(expected), got: cut(got), remedy } };
    }
    const got = cut(error instanceof Error ? String(error.stack) : String(error));
    return { rank, status: 1, facts: { where: "internal failure", expected: "none", got } satisfies ErrorFacts };
  }

  async #finalize(): Promise<void> {
    const finalized = new Promise<true>((resolve) => (this.#finalized = () => resolve(true)));
    this.#post({ op: "finalize" });
    if (await within(toFinalize, finalized)) void this.#worker.terminate();
    else await leaveWithout(this.#worker);
  }

  #ask(op: "gather" | "spread", bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    if (this.#error) return Promise.reject(this.#error);
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post({ op, id, bytes });
    });
  }

  #post(asked: Request): void {
    this.#worker.postMessage(asked);
  }

  #hear(said: Answer): void {
    switch (said.event) {
      case "bytes":
        this.#pending.get(said.id)?.resolve(said.bytes);
        this.#pending.delete(said.id);
        return;
      case "passed":
        return this.#sum?.passed(said.piece);
      case "summed":
        return this.#sum?.summed();
      case "failed":
        this.#heard.add(said.from);
        this.#failures.set(said.failure.rank, said.failure);
        return this.#fail(new RankError(said.failure));
      case "concluded":
        return this.#concluded();
      case "finalized":
        return this.#finalized();
      case "resting":
        this.#sent = said.sent;
        return;
      case "joined":
      case "refused":
        throw unexpected(said);
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#error);
    this.#pending.clear();
    this.#sum?.fail(this.#error);
  }
}

const unexpected = ({ event }: Answer): InternalError =>
  new InternalError({ where: "the thread that talks to other ranks", expected: "an answer", got: event });

/** Several pieces of bytes as one: how many, their lengths, then they themselves. */
function packed(all: readonly Uint8Array[]): Uint8Array {
  const head = 4 * (1 + all.length);
  const bytes = new Uint8Array(head + all.reduce((sum, { length }) => sum + length, 0));
  new Uint32Array(bytes.buffer, 0, 1 + all.length).set([all.length, ...all.map(({ length }) => length)]);
  let at = head;
  for (const each of all) {
    bytes.set(each, at);
    at += each.length;
  }
  return bytes;
}

function unpacked(bytes: Uint8Array): readonly Uint8Array[] {
  const [count] = new Uint32Array(bytes.buffer, 0, 1);
  let at = 4 * (1 + count!);
  return [...new Uint32Array(bytes.buffer, 4, count)].map((length) => bytes.subarray(at, (at += length)));
}

/** What comes of a promise, or nothing after so many milliseconds. */
async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), milliseconds)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const cut = (text: string): string => text.slice(0, longestPart);
