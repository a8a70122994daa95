import { readTogether } from "../device/readTogether.ts";
import { padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The mean-field free energy F(Q) of the field that a layer defines, in nats. The energy of a labeling x is
 * E(x) = −Σ_i U_i(x_i) + ½ Σ_k Σ_ij κ_k(i, j)·(C·W_k)(x_i, x_j), where κ_k are the layer's own filters, with their
 * normalization, as the lattice approximates them; a row's own share, i = j, is part of them, and Q stands on both its
 * sides, as in an iteration. For fields that attract (Potts with weights of 0 and above) F is therefore never below −log Z, whatever Q is. Mean
 * field seeks its minimum; since all rows are updated at once, and a filter is not quite symmetric, an iteration may raise it.
 */
export interface FreeEnergy {
  /** unary + the sum of pairwise − entropy. */
  readonly total: number;
  /** −Σ_i Q_i·U_i */
  readonly unary: number;
  /** ½ Σ_i Q_i·(C·W_k·(K_k Q)_i) of each filter; for `crfRnn` of the spatial and of the bilateral one. */
  readonly pairwise: readonly number[];
  /** −Σ_i Σ_l Q_i(l)·log Q_i(l), 0 where every row is certain. */
  readonly entropy: number;
}

/** Reads the free energy of marginals Q from U and the maps C·W_k·(K_k Q) of all filters. They are read back for sums in float64. */
export async function readFreeEnergy(
  marginals: Tensor,
  logits: Tensor,
  messages: readonly Tensor[],
): Promise<FreeEnergy> {
  const { device, rows, channels } = marginals;
  const storages = [marginals, logits, ...messages].map(({ storage }) => storage);
  const maps = (await readTogether(device, storages)).map((read) => new Float32Array(read));
  const [q, u, ...moved] = maps as [Float32Array, Float32Array, ...Float32Array[]];
  const pairwise = moved.map(() => 0);
  let [unary, entropy] = [0, 0];
  for (let row = 0; row < rows; row++) {
    for (let at = row * padded(channels); at < row * padded(channels) + channels; at++) {
      const share = q[at]!;
      unary -= share * u[at]!;
      for (let k = 0; k < moved.length; k++) pairwise[k]! += (share * moved[k]![at]!) / 2;
      // x·log x goes to 0 with x.
      if (share !== 0) entropy -= share * Math.log(share);
    }
  }
  const total = pairwise.reduce((sum, energy) => sum + energy, unary) - entropy;
  return { total, unary, pairwise, entropy };
}
