import type { Normalization } from "../../src/lattice/normalization.ts";

/** The flags of `crf-rnn refine` that matter here. */
export interface Parameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly bilateral: number;
  readonly spatial: number;
  readonly iterations: number;
  readonly normalization: Normalization;
}

/** Found by `--tune`. */
export const tuned: Parameters = {
  alpha: 50,
  beta: 4,
  gamma: 1,
  bilateral: 5,
  spatial: 2,
  iterations: 10,
  normalization: "symmetric",
};

/** The parameters as flags of `crf-rnn refine`. */
export function describe(parameters: Parameters): string {
  const { alpha, beta, gamma, bilateral, spatial, iterations, normalization } = parameters;
  return (
    `--theta-alpha ${alpha} --theta-beta ${beta} --theta-gamma ${gamma} --bilateral-weight ${bilateral} ` +
    `--spatial-weight ${spatial} --iterations ${iterations} --normalize ${normalization}`
  );
}
