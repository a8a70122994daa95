/** Adds up the gradients of a step's draws over all ranks, in the order of draws: to the bits of one process that has them all. */
export interface GradientSum {
  /** Begins a step. Where this rank has no draw in it, it only receives. */
  begin(): void;
  /**
   * Gives the gradient number `index` of a draw, as soon as it is known; its numbers may follow. In every draw the gradients come in the order in
   * which their lengths were told.
   */
  add(draw: number, index: number, values: Promise<ArrayBuffer>): void;
  /** The sum of each gradient. The memory serves the next step. */
  finish(): Promise<readonly Float32Array[]>;
}

/** What gradients look like, and how they are added. */
export interface GradientLayout {
  /** How many numbers each gradient has, padding included, in the order in which they become known. */
  readonly lengths: readonly number[];
  /** The draws of a step. */
  readonly batch: number;
  /** Whether the device takes numbers below 2⁻¹²⁶ for zero when it adds. */
  readonly flushes: boolean;
}

/** The processes that train one run together, each on its share of every batch. */
export interface Ranks {
  /** The number of this process, from 0. The first one alone writes files. */
  readonly rank: number;
  readonly size: number;
  /** Which build of the library runs here, and in which host. Ranks of different builds do not train together. */
  readonly build: string;
  readonly host: string;
  /** The bytes of every rank, in their order, at every rank. All have to call it, in the same order. */
  exchange(own: Uint8Array): Promise<readonly Uint8Array[]>;
  /** The bytes that the first rank has, at every rank. */
  spread(own: Uint8Array): Promise<Uint8Array>;
  sum(layout: GradientLayout): GradientSum;
}
