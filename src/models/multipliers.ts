import type { Multipliers } from "../optim/multipliers.ts";

/**
 * Learning-rate and decay multipliers of the published training files of the FCNs: biases learn twice as fast and do not
 * decay, bilinear interpolation stays as it is.
 */
export const fcnMultipliers: Multipliers = {
  "*.bias": { rate: 2, decay: 0 },
  "upscore*.weight": { rate: 0, decay: 0 },
};

/** How many times faster than the network a CRF's parameters learn: W_s and W_b, the compatibility, the bandwidths. */
export type CrfRates = Readonly<Record<"weights" | "compatibility" | "bandwidths", number>>;

/** The rates of the published training file. It does not learn the bandwidths. */
export const publishedCrfRates = { weights: 10_000, compatibility: 1000 } as const;

/** Multipliers of a network with a CRF on top of it, end to end: upscore2 learns, too, and the bandwidths do not decay. */
export const crfMultipliers = ({ weights, compatibility, bandwidths }: CrfRates): Multipliers => ({
  ...fcnMultipliers,
  "upscore2.weight": { rate: 1, decay: 1 },
  spatialWeight: { rate: weights },
  bilateralWeight: { rate: weights },
  compatibility: { rate: compatibility },
  bandwidths: { rate: bandwidths, decay: 0 },
});

/**
 * The multipliers for training CRF-RNN end to end: upscore2 learns, and the layer's matrices learn much faster than the
 * network. The bandwidths, which no published training learns, do not decay.
 */
export const crfRnnMultipliers: Multipliers = crfMultipliers({ ...publishedCrfRates, bandwidths: 1 });
