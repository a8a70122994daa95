import { purpose, randomNumbers } from "../shared/random.ts";

/** Chooses the item of each draw: all items once in an epoch, in each epoch in an order of its own. */
export class Order {
  readonly #items: number;
  readonly #seed: number;
  #epoch = -1;
  #permutation = new Uint32Array();

  constructor(items: number, seed: number) {
    this.#items = items;
    this.#seed = seed;
  }

  /** The item of draw 0, 1, 2, …, in any order of asking. */
  at(draw: number): number {
    const epoch = Math.floor(draw / this.#items);
    if (epoch !== this.#epoch) this.#permute(epoch);
    return this.#permutation[draw % this.#items]!;
  }

  /** Durstenfeld's shuffle (Knuth, The Art of Computer Programming 2, algorithm P). */
  #permute(epoch: number): void {
    const random = randomNumbers(this.#seed, purpose.order, epoch);
    this.#epoch = epoch;
    this.#permutation = Uint32Array.from({ length: this.#items }, (_, i) => i);
    for (let last = this.#items - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      const former = this.#permutation[last]!;
      this.#permutation[last] = this.#permutation[other]!;
      this.#permutation[other] = former;
    }
  }
}
