import type { Workload } from "./workload.ts";

/** Something a user waits for. */
export interface Composite {
  readonly name: string;
  /** Makes what is there before the clock starts. */
  prepare(workload: Workload): Promise<Prepared>;
}

export interface Prepared {
  run(): Promise<void>;
  /** Bytes of the values, weights and lists in play: all that has to be in memory at once. */
  readonly bytesInPlay: number;
  /** Floating-point operations of what is computed, by its definition, where a rate says something. */
  readonly operations?: number;
  dispose?(): void;
}
