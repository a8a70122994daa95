/**
 * Runs one request at a time and keeps at most one waiting: the newest. A slider that moves asks more often than there are
 * answers; what was asked in between is left out, and what is under way is aborted, so that the picture follows the hand.
 *
 * @example
 * readonly #latest = new Latest((request: Request, signal) => this.#compute(request, signal));
 * refine = (request: Request): Promise<Answer | undefined> => this.#latest.run(request);
 */
export class Latest<Request, Answer> {
  readonly #work: (request: Request, signal: AbortSignal) => Promise<Answer>;
  #running: AbortController | undefined;
  #waiting: { readonly request: Request; readonly settle: (answer: Promise<Answer | undefined>) => void } | undefined;

  /** `work` should end soon after its signal is aborted; most calls of the package take one. */
  constructor(work: (request: Request, signal: AbortSignal) => Promise<Answer>) {
    this.#work = work;
  }

  /** Whether something is computed or waits to be. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** The answer, or undefined where a newer request took this one's place or `cancel` was called. Rejects with what `work` throws. */
  run(request: Request): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#waiting?.settle(Promise.resolve(undefined));
      this.#waiting = { request, settle: resolve };
      if (this.#running) this.#running.abort();
      else void this.#next();
    });
  }

  /** Gives up what is under way and what waits. */
  cancel(): void {
    this.#waiting?.settle(Promise.resolve(undefined));
    this.#waiting = undefined;
    this.#running?.abort();
  }

  async #next(): Promise<void> {
    while (this.#waiting) {
      const { request, settle } = this.#waiting;
      this.#waiting = undefined;
      const running = (this.#running = new AbortController());
      const answer = this.#work(request, running.signal).then(
        (done) => (running.signal.aborted ? undefined : done),
        (error: unknown) => {
          if (running.signal.aborted) return undefined;
          throw error;
        },
      );
      settle(answer);
      await answer.catch(() => {});
    }
    this.#running = undefined;
  }
}
