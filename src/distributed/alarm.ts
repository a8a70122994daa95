import type { Announcement, Failure } from "./messages.ts";
import { offHeap, type Transfer, type Transport } from "./mpi.ts";
import type { Progress } from "./progress.ts";
import { tags } from "./relay.ts";

/** Milliseconds between two heartbeats. */
const beat = 1000;
/** So many beats may be missing before the rank before this one counts as gone: the variable CRF_RNN_SILENCE. A busy machine misses some. */
const missing = Number(process.env.CRF_RNN_SILENCE) || 30;
/** Milliseconds that all ranks get to end by themselves once one has failed. Then the launcher ends them. */
const grace = 15_000;

/** A failure as a message of fixed size: the length of its JSON, then that. */
const failureBytes = 4096;

/**
 * Tells every rank when one has failed, and notices when one is gone without a word, as a process that was killed, or a machine that lost
 * its power: each hears heartbeats from the rank before it. Most launchers end the others by themselves, but not all, and not when a
 * network breaks.
 */
export class Alarm {
  readonly #transport: Transport;
  readonly #progress: Progress;
  readonly #hear: (announcement: Announcement) => void;
  readonly #concluded: () => void;
  readonly #heard = new Set<number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #receipts: Transfer[] = [];
  #missed = 0;
  #ending = false;

  constructor(
    transport: Transport,
    progress: Progress,
    hear: (announcement: Announcement) => void,
    concluded: () => void,
  ) {
    this.#transport = transport;
    this.#progress = progress;
    this.#hear = hear;
    this.#concluded = concluded;
    void this.#listen();
    void this.#feel();
    this.#timers.push(setInterval(() => this.#tick(), beat));
  }

  /** Tells all others that this rank ends. */
  fail(failure: Failure): void {
    const announcement = { from: this.#transport.rank, failure };
    const bytes = packed(announcement);
    const sends: Promise<void>[] = [];
    for (let rank = 0; rank < this.#transport.size; rank++) {
      if (rank !== this.#transport.rank)
        sends.push(this.#progress.done(this.#transport.send(bytes, rank, tags.failure)));
    }
    void Promise.all(sends).then(() => this.#note(announcement));
  }

  /** Beats no more and listens no more: before all ranks take their leave. */
  stop(): void {
    this.#ending = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const receipt of this.#receipts.splice(0)) this.#transport.cancel(receipt);
  }

  /** Stops the heartbeats alone. Every rank does so before the last exchange, so that none is on its way after it. */
  rest(): void {
    clearTimeout(this.#timers[0]);
  }

  async #listen(): Promise<void> {
    while (!this.#ending) {
      const bytes = await this.#receive(offHeap(failureBytes), undefined, tags.failure);
      const announcement = unpacked(bytes);
      this.#hear(announcement);
      this.#note(announcement);
    }
  }

  async #feel(): Promise<void> {
    const { rank, size } = this.#transport;
    while (!this.#ending) {
      await this.#receive(offHeap(8), (rank + size - 1) % size, tags.beat);
      this.#missed = 0;
    }
  }

  async #receive(bytes: Uint8Array, from: number | undefined, tag: number): Promise<Uint8Array> {
    const receipt = this.#transport.receive(bytes, from, tag);
    this.#receipts.push(receipt);
    await this.#progress.done(receipt, { idle: true });
    this.#receipts = this.#receipts.filter((each) => each !== receipt);
    return bytes;
  }

  #tick(): void {
    const { rank, size } = this.#transport;
    void this.#progress.done(this.#transport.send(offHeap(8), (rank + 1) % size, tags.beat), { idle: true });
    // Own ticks are counted, not seconds: a machine that slept does not take its neighbor for dead.
    if (++this.#missed !== missing || this.#heard.size > 0) return;
    const gone = (rank + size - 1) % size;
    const facts = {
      where: "heartbeat",
      expected: "one every second",
      got: `none for ${missing} seconds`,
      remedy: "see whether its machine can be reached; the last checkpoint stands, --resume goes on from it",
    };
    this.#hear({ from: rank, failure: { rank: gone, status: 2, facts } });
  }

  #note({ from, failure: { status } }: Announcement): void {
    if (this.#heard.size === 0) this.#timers.push(setTimeout(() => this.#transport.abort(status), grace));
    this.#heard.add(from);
    if (this.#heard.size === this.#transport.size) this.#concluded();
  }
}

function packed(announcement: Announcement): Uint8Array<SharedArrayBuffer> {
  const bytes = offHeap(failureBytes);
  const said = new TextEncoder().encode(JSON.stringify(announcement));
  if (said.length > failureBytes - 4) return packed(shortened(announcement));
  new Uint32Array(bytes.buffer, 0, 1)[0] = said.length;
  bytes.set(said, 4);
  return bytes;
}

/** The same with half of each of its words. */
function shortened({ from, failure }: Announcement): Announcement {
  const half = (text: string): string => text.slice(0, text.length >> 1);
  const { where, expected, got, remedy } = failure.facts;
  const facts = { where: half(where), expected: half(expected), got: half(got), remedy: remedy && half(remedy) };
  return { from, failure: { ...failure, facts } };
}

function unpacked(bytes: Uint8Array): Announcement {
  const [length] = new Uint32Array(bytes.buffer, 0, 1);
  return JSON.parse(new TextDecoder().decode(bytes.slice(4, 4 + length!))) as Announcement;
}
