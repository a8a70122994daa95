import type { Multipliers } from "../optim/multipliers.ts";

/**
 * Learning-rate and decay multipliers of the published training files of the FCNs: biases learn twice as fast and do not
 * decay, bilinear interpolation stays as it is.
 */
export const fcnMultipliers: Multipliers = {
  "*.bias": { rate: 2, decay: 0 },
  "upscore*.weight": { rate: 0, decay: 0 },
};

/**
 * Those of CRF-RNN, end to end: upscore2 learns, and the layer's matrices much faster than the network. The bandwidths,
 * which no published training learns, do not decay.
 */
export const crfRnnMultipliers: Multipliers = {
  ...fcnMultipliers,
  "upscore2.weight": { rate: 1, decay: 1 },
  spatialWeight: { rate: 10_000 },
  bilateralWeight: { rate: 10_000 },
  compatibility: { rate: 1000 },
  bandwidths: { decay: 0 },
};
