import { DeviceError, ShapeError, ValueError } from "../errors.ts";
import { formatShape, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { featureGradient } from "./featureGradient.ts";
import { filterMap } from "./filterBlock.ts";
import type { Lattice } from "./lattice.ts";
import { type Normalization, normalized } from "./normalization.ts";

export interface FilterOptions {
  /** Default: `none`. */
  readonly normalization?: Normalization;
  /** The adjoint Kᵀ of the whole, normalization included. Default: false. */
  readonly transpose?: boolean;
}

export const normalizations: readonly Normalization[] = ["none", "before", "after", "symmetric"];

/**
 * Gaussian filter over the lattice: row i becomes ≈ Σ_j exp(−½‖f_i − f_j‖²)·values_j, normalized as asked.
 * `values`: [n, C], or any shape whose rows are the lattice's points; the result has the same shape.
 * Adams, Baek and Davis (2010); semantics of Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError for an unknown normalization, DeviceError for tensors of two devices
 * @example const smooth = filter(values, lattice, { normalization: "after" });
 */
export function filter(values: Tensor, lattice: Lattice, options: FilterOptions = {}): Tensor {
  const { normalization = "none", transpose = false } = options;
  const { device, points } = lattice;
  if (values.rows !== points) {
    throw new ShapeError({
      where: "filter",
      expected: `${points} rows of values, the lattice's points`,
      got: formatShape(values.shape),
      remedy: "build the lattice from the features of the same pixels",
    });
  }
  if (values.device !== device) {
    throw new DeviceError({ where: "filter", expected: "values and lattice on one device", got: "two devices" });
  }
  if (!normalizations.includes(normalization)) {
    throw new ValueError({
      where: "filter",
      expected: `normalization: ${normalizations.join(", ")}`,
      got: String(normalization),
    });
  }
  const { features } = lattice;
  const run = (input: Tensor, adjoint: boolean): Tensor => {
    const weights = normalized(lattice, normalization, adjoint);
    const output = input.like();
    filterMap(lattice, weights, input.storage, output.storage, quadsOf(input.channels), adjoint);
    return output;
  };
  // ⟨g, Kᵀv⟩ = ⟨v, Kg⟩: for the adjoint, values and gradient change places in the gradient of the features.
  return record(
    run(values, transpose),
    [values, features],
    [lattice, ...(features.tape ? [values] : [])],
    (gradient, wanted) => [
      wanted[0] ? run(gradient, !transpose) : undefined,
      wanted[1]
        ? featureGradient(lattice, normalization, transpose ? gradient : values, transpose ? values : gradient)
        : undefined,
    ],
  );
}
