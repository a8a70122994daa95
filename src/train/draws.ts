import type { Ranks } from "./ranks.ts";

/** Which draws of a run this process computes: all, or where several train together, each its share of every step. */
export class Draws {
  readonly #batch: number;
  readonly #end: number;
  readonly #rank: number;
  readonly #size: number;

  /** `steps`: those of the run in all. */
  constructor(batch: number, steps: number, { rank, size }: Pick<Ranks, "rank" | "size"> = { rank: 0, size: 1 }) {
    this.#batch = batch;
    this.#end = steps * batch;
    this.#rank = rank;
    this.#size = size;
  }

  /** Draw k of a step belongs to rank k mod the number of ranks, so that the running sum goes from rank to rank in the order of draws. */
  of(step: number): number[] {
    const first = step * this.#batch;
    return Array.from({ length: this.#batch }, (_, k) => first + k).filter((_, k) => k % this.#size === this.#rank);
  }

  /** This process's draw after one of its own; undefined after the last one. */
  after(draw: number): number | undefined {
    const step = Math.floor(draw / this.#batch);
    const within = draw + this.#size < (step + 1) * this.#batch;
    const next = within ? draw + this.#size : (step + 1) * this.#batch + this.#rank;
    return next < this.#end ? next : undefined;
  }
}
