import { ShapeError, ValueError } from "../errors.ts";
import { requireHeld, requireInputs, requireOneDevice } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { formatShape, quadsOf } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { type Abortable, requireUnaborted } from "../turn.ts";
import { kindOf, requireChoice, requireFlag } from "../values.ts";
import { featureGradients } from "./featureGradient.ts";
import { filterMap } from "./filterChannels.ts";
import { Lattice } from "./lattice.ts";
import { filterTables, type Normalization } from "./normalization.ts";
import { LatticePoints } from "./points.ts";

export interface FilterOptions extends Abortable {
  /** Default: `none`. */
  readonly normalization?: Normalization;
  /** Applies the adjoint Kᵀ of the whole filter, including its normalization. Default: false. */
  readonly transpose?: boolean;
  /**
   * Where to slice: `lattice.at`, of a lattice that was built with other points, or `lattice.own`. The values of the
   * lattice's own points are splatted, and the result is [m, C], one row for each of these points. The adjoint leads from
   * them to the own points. Default: `lattice.own`.
   */
  readonly at?: LatticePoints;
}

const optionNames: Names<FilterOptions> = { normalization: true, transpose: true, at: true, signal: true };

export const normalizations: readonly Normalization[] = ["none", "before", "after", "symmetric"];

/**
 * Filters values with what approximates a Gaussian: row i becomes ≈ Σ_j exp(−½‖f_i − f_j‖²)·values_j, normalized as
 * asked. What is not normalized is less than that: in five dimensions about half of it. `values` is [n, C], or has any
 * shape whose rows are the lattice's points; the result has the same shape. With `at` the rows of the result are other
 * points (upsampling, for one).
 * Adams, Baek and Davis (2010); semantics of Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError for an unknown normalization or for points of another lattice, DeviceError for tensors of
 * two devices, DisposedError, AbortError if the signal has fired before the call, which is not interrupted itself
 * @example const smooth = filter(values, lattice, { normalization: "after" });
 * @example
 * const lattice = await buildLattice(features, { at: otherFeatures });
 * const elsewhere = filter(values, lattice, { at: lattice.at, normalization: "after" });
 */
export function filter(values: Tensor, lattice: Lattice, options: FilterOptions = {}): Tensor {
  const where = "filter";
  requireOptions(where, options, optionNames);
  const { normalization = "none", transpose = false, at, signal } = options;
  requireChoice(where, "normalization", normalization, normalizations);
  requireFlag(where, "transpose", transpose);
  requireInputs(where, { values });
  requireHeld(where, "lattice", lattice, Lattice, "a lattice", "build it with await buildLattice(features)");
  requireOneDevice(where, { values, lattice });
  requirePoints(lattice, at);
  requireUnaborted(where, signal);
  return filtered(values, lattice, normalization, transpose, { at });
}

/** @throws ValueError unless `at` is one of the lattice's sets of points, or left out */
function requirePoints(lattice: Lattice, at: unknown): void {
  if (at === undefined || at === lattice.own || at === lattice.at) return;
  throw new ValueError({
    where: "filter",
    expected: "lattice.at or lattice.own of the same lattice as at",
    got: at instanceof LatticePoints ? "points of another lattice" : kindOf(at),
    remedy: "build the lattice with await buildLattice(features, { at: otherFeatures })",
  });
}

/**
 * Filters inputs that have been checked. They are held, because others may dispose of them. `shape` is that of a result at
 * other points; without it, it has a row for each of them.
 */
export function filtered(
  values: Tensor,
  lattice: Lattice,
  normalization: Normalization,
  transpose: boolean,
  { at = lattice.own, shape }: { readonly at?: LatticePoints; readonly shape?: readonly number[] } = {},
): Tensor {
  const { device, own } = lattice;
  const [from, to] = transpose ? [at, own] : [own, at];
  if (values.rows !== from.points) {
    throw new ShapeError({
      where: "filter",
      expected: `${from.points} rows of values, the lattice's ${from === own ? "" : "other "}points`,
      got: formatShape(values.shape),
      remedy: "build the lattice from the features of the same pixels",
    });
  }
  const elsewhere = shape ?? [...to.features.shape.slice(0, -1), values.channels];
  const empty = (): Tensor => (at === own ? emptyLike(values) : device.empty(elsewhere));
  const run = (input: Tensor, adjoint: boolean, make: () => Tensor): Tensor => {
    const tables = filterTables(lattice, normalization, adjoint, at);
    const output = make();
    const maps = { values: input.storage, result: output.storage };
    filterMap(lattice, tables, maps, quadsOf(input.channels), adjoint);
    return output;
  };
  const { features } = own;
  const sets = at === own ? [features] : [features, at.features];
  // Because ⟨g, Kᵀv⟩ = ⟨v, Kg⟩, values and gradient change places in the gradient of the features if the filter is the
  // adjoint.
  return record(
    device.attempt(() => run(values, transpose, empty)),
    [values, ...sets],
    [lattice, ...(sets.some(({ tape }) => tape) ? [values] : [])],
    (gradient, [ofValues, ...ofSets]) => [
      ofValues ? run(gradient, !transpose, () => emptyLike(values)) : undefined,
      ...featureGradients(
        lattice,
        at,
        normalization,
        transpose ? { values: gradient, gradient: values } : { values, gradient },
        ofSets,
      ),
    ],
  );
}
