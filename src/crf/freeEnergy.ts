import { readTogether } from "../device/readTogether.ts";
import { filtered } from "../lattice/filter.ts";
import type { Lattice } from "../lattice/lattice.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { transform } from "./compatibility.ts";
import type { CrfParameters } from "./parameters.ts";

/**
 * The mean-field free energy F(Q) of the field that a layer defines, in nats. Mean field lowers it, and for fields that attract (Potts with weights of 0 and above) and symmetric
 * filters it is never below −log Z, the free energy of the field itself. The energy of a labeling x is
 * E(x) = −Σ_i U_i(x_i) + ½ Σ_k Σ_ij κ_k(i, j)·(C·W_k)(x_i, x_j), where κ_k are the layer's own filters, with their normalization, as the lattice
 * approximates them; a row's own share, i = j, is part of them, and Q stands on both its sides, as in an iteration.
 */
export interface FreeEnergy {
  /** unary + spatial + bilateral − entropy. */
  readonly total: number;
  /** −Σ_i Q_i·U_i */
  readonly unary: number;
  /** ½ Σ_i Q_i·(C·W_s·(K_s Q)_i) */
  readonly spatial: number;
  /** ½ Σ_i Q_i·(C·W_b·(K_b Q)_i) */
  readonly bilateral: number;
  /** −Σ_i Σ_l Q_i(l)·log Q_i(l), 0 where every row is certain. */
  readonly entropy: number;
}

/** What defines a field: logits, filters, and matrices of the set that counts. */
export interface Field {
  readonly unary: Tensor;
  readonly spatial: Lattice;
  readonly bilateral: Lattice;
  readonly parameters: Omit<CrfParameters, "bandwidths">;
  readonly normalization: Normalization;
}

/** Reads the free energy of marginals Q; no tape sees it. It costs as much as an iteration, and reads four maps back for sums in float64. */
export async function readFreeEnergy(field: Field, marginals: Tensor, set: number): Promise<FreeEnergy> {
  const { device, rows, channels } = marginals;
  using q = marginals.alias();
  using compatibility = field.parameters.compatibility.alias();
  const pairwise = (lattice: Lattice, given: Tensor): Tensor => {
    using weight = given.alias();
    using smooth = filtered(q, lattice, field.normalization, false);
    using weighted = transform(smooth, weight, { set });
    return transform(weighted, compatibility, { set });
  };
  using ofSpatial = pairwise(field.spatial, field.parameters.spatialWeight);
  using ofBilateral = pairwise(field.bilateral, field.parameters.bilateralWeight);
  const maps = [q, field.unary, ofSpatial, ofBilateral].map(({ storage }) => storage);
  const [shares, logits, near, like] = (await readTogether(device, maps)).map((read) => new Float32Array(read));
  let [unary, spatial, bilateral, entropy] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    for (let at = row * padded(channels); at < row * padded(channels) + channels; at++) {
      const share = shares![at]!;
      unary -= share * logits![at]!;
      spatial += (share * near![at]!) / 2;
      bilateral += (share * like![at]!) / 2;
      // x·log x goes to 0 with x.
      if (share !== 0) entropy -= share * Math.log(share);
    }
  }
  return { total: unary + spatial + bilateral - entropy, unary, spatial, bilateral, entropy };
}
