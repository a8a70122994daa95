/** What a golden case asks of an implementation: the device's kernels, or the float64 reference. */
import type { Compatibility, Weight } from "../../src/crf/parameters.ts";
import type { FilterOptions } from "../../src/lattice/filter.ts";
import type { Normalization } from "../../src/lattice/normalization.ts";

/** Rows of `channels` numbers. */
export interface Rows {
  readonly data: ArrayLike<number>;
  readonly channels: number;
}

/** The lattice's tables, vertices numbered in any order. */
export interface Tables {
  /** The first d coordinates of each vertex. */
  readonly keys: readonly (readonly number[])[];
  /** [points][d + 1]: vertex and weight of each remainder. */
  readonly simplices: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  /** [d + 1][vertices]: both neighbors, `keys.length` for an absent one. */
  readonly neighbors: readonly (readonly (readonly [number, number])[])[];
}

export interface Inference {
  /** [height, width] */
  readonly size: readonly [number, number];
  /** The unary, channels last. */
  readonly logits: Rows;
  readonly guide: Rows;
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly bilateral: { readonly position: number; readonly color: number; readonly weight: Weight };
  readonly spatial: { readonly position: number; readonly weight: Weight };
  readonly compatibility: Compatibility;
}

export interface Implementation {
  vertices(features: Rows): Promise<number>;
  tables(features: Rows): Promise<Tables>;
  filter(features: Rows, values: Rows, options?: Omit<FilterOptions, "at" | "taps">): Promise<ArrayLike<number>>;
  /** X_T, or softmax(X_T), channels last. */
  infer(inference: Inference, output: "logits" | "marginals"): Promise<ArrayLike<number>>;
}
