import type { Transfer, Transport } from "./mpi.ts";

interface Waiting {
  readonly transfer: Transfer;
  readonly resolve: () => void;
  /** Whether nobody waits for it in haste: a heartbeat, or word of a failure. */
  readonly idle: boolean;
}

/** Looks that find nothing before the thread begins to sleep between them, so that kernels get the processor. */
const patience = 100;
/** Milliseconds between two looks while something is awaited, and while nothing is. */
const naps = { awaited: 1, idle: 25 } as const;

/**
 * Waits for transfers by asking MPI for each, again and again: messages advance while MPI is called, and calls that wait would take a
 * processor for themselves.
 */
export class Progress {
  readonly #transport: Transport;
  #waiting: Waiting[] = [];
  #empty = 0;
  #timer: NodeJS.Timeout | undefined;
  #soon = false;
  #stopped = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Resolves when a transfer is done. `idle`: it may be noticed some milliseconds later. */
  done(transfer: Transfer, { idle = false } = {}): Promise<void> {
    if (this.#transport.isDone(transfer)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ transfer, resolve, idle });
      if (!idle) this.#empty = 0;
      this.#schedule();
    });
  }

  /** Asks for nothing any more; what is awaited stays so. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#soon || this.#stopped) return;
    const hasty = this.#waiting.some(({ idle }) => !idle);
    if (this.#timer !== undefined && !hasty) return;
    clearTimeout(this.#timer);
    if (hasty && this.#empty < patience) {
      this.#timer = undefined;
      this.#soon = true;
      setImmediate(() => {
        this.#soon = false;
        this.#look();
      });
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#look();
      },
      hasty ? naps.awaited : naps.idle,
    );
  }

  #look(): void {
    if (this.#stopped) return;
    const asked = this.#waiting;
    this.#waiting = [];
    const done = asked.filter((each) => {
      if (this.#transport.isDone(each.transfer)) return true;
      this.#waiting.push(each);
      return false;
    });
    this.#empty = done.length > 0 ? 0 : this.#empty + 1;
    for (const { resolve } of done) resolve();
    if (this.#waiting.length > 0) this.#schedule();
  }
}
