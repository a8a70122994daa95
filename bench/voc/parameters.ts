import type { Normalization } from "../../src/lattice/normalization.ts";

/** The flags of `crf-rnn refine` that matter here, and one share. */
export interface RefineParameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly bilateral: number;
  readonly spatial: number;
  /** The background's share of both weights; below 1, pixels join objects more easily than they leave them. */
  readonly background: number;
  readonly iterations: number;
  readonly normalization: Normalization;
}

/** Found by `--tune`. */
export const tuned: RefineParameters = {
  alpha: 80,
  beta: 4,
  gamma: 2,
  bilateral: 6,
  spatial: 3,
  background: 0.8,
  iterations: 10,
  normalization: "symmetric",
};

/** Both weights class by class, as `refine` takes them in a `.npy` file: background is class 0. */
export function weightsOf({ bilateral, spatial, background }: RefineParameters, classes: number) {
  const share = (weight: number) =>
    Float32Array.from({ length: classes }, (_, i) => (i === 0 ? background * weight : weight));
  return { bilateral: share(bilateral), spatial: share(spatial) };
}

/** The parameters as flags of `crf-rnn refine`, the weights being those of every class but background. */
export function describe(parameters: RefineParameters): string {
  const { alpha, beta, gamma, bilateral, spatial, background, iterations, normalization } = parameters;
  return (
    `--theta-alpha ${alpha} --theta-beta ${beta} --theta-gamma ${gamma} --bilateral-weight ${bilateral} ` +
    `--spatial-weight ${spatial} (background ${background} of it) --iterations ${iterations} --normalize ${normalization}`
  );
}
