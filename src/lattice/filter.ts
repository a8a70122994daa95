import { ShapeError } from "../errors.ts";
import { requireHeld, requireInputs, requireOneDevice } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { formatShape, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { type Abortable, requireUnaborted } from "../turn.ts";
import { requireChoice, requireFlag } from "../values.ts";
import { featureGradient } from "./featureGradient.ts";
import { filterMap } from "./filterChannels.ts";
import { Lattice } from "./lattice.ts";
import { filterTables, type Normalization } from "./normalization.ts";

export interface FilterOptions extends Abortable {
  /** Default: `none`. */
  readonly normalization?: Normalization;
  /** Applies the adjoint Kᵀ of the whole filter, including its normalization. Default: false. */
  readonly transpose?: boolean;
}

const optionNames: Names<FilterOptions> = { normalization: true, transpose: true, signal: true };

export const normalizations: readonly Normalization[] = ["none", "before", "after", "symmetric"];

/**
 * Filters values with a Gaussian over the lattice: row i becomes ≈ Σ_j exp(−½‖f_i − f_j‖²)·values_j, normalized as
 * asked. `values` is [n, C], or has any shape whose rows are the lattice's points; the result has the same shape.
 * Adams, Baek and Davis (2010); semantics of Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError for an unknown normalization, DeviceError for tensors of two devices, DisposedError,
 * AbortError if the signal has fired before the call, which is not interrupted itself
 * @example const smooth = filter(values, lattice, { normalization: "after" });
 */
export function filter(values: Tensor, lattice: Lattice, options: FilterOptions = {}): Tensor {
  const where = "filter";
  requireOptions(where, options, optionNames);
  const { normalization = "none", transpose = false, signal } = options;
  requireChoice(where, "normalization", normalization, normalizations);
  requireFlag(where, "transpose", transpose);
  requireInputs(where, { values });
  requireHeld(where, "lattice", lattice, Lattice, "a lattice", "build it with await buildLattice(features)");
  requireOneDevice(where, { values, lattice });
  requireUnaborted(where, signal);
  return filtered(values, lattice, normalization, transpose);
}

/** Filters inputs that have been checked. They are held, because others may dispose of them. */
export function filtered(values: Tensor, lattice: Lattice, normalization: Normalization, transpose: boolean): Tensor {
  const { device, points } = lattice;
  if (values.rows !== points) {
    throw new ShapeError({
      where: "filter",
      expected: `${points} rows of values, the lattice's points`,
      got: formatShape(values.shape),
      remedy: "build the lattice from the features of the same pixels",
    });
  }
  const { features } = lattice;
  const run = (input: Tensor, adjoint: boolean): Tensor =>
    device.attempt(() => {
      const tables = filterTables(lattice, normalization, adjoint);
      const output = emptyLike(input);
      const maps = { values: input.storage, result: output.storage };
      filterMap(lattice, tables, maps, quadsOf(input.channels), adjoint);
      return output;
    });
  // Because ⟨g, Kᵀv⟩ = ⟨v, Kg⟩, values and gradient change places in the gradient of the features if the filter is the
  // adjoint.
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
