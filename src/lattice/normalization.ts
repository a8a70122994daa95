import { normalization as kernel, normalizationPullback } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { filterChannels } from "./filterChannels.ts";
import { quadBytes } from "../shape.ts";
import { allChannels } from "../shared/channels.ts";
import { type FilterTables, type Incidence, normalizeIncidence } from "./incidence.ts";
import type { Lattice } from "./lattice.ts";
import { normalizeSimplices, sliceFactor } from "./slice.ts";

/**
 * How a filter K is normalized, with n = 1/(K·1 + ε) and s = √n: `none` is K v, `before` is K(n∘v), `after` is n∘K v,
 * as in CRF-RNN, and `symmetric` is s∘K(s∘v), as in densecrf.
 */
export type Normalization = "none" | "before" | "after" | "symmetric";

/**
 * Returns the tables of a filter with `normalization`, or of its adjoint, in which before and after change places. They
 * are made on first use and kept with the lattice.
 */
export function filterTables(lattice: Lattice, normalization: Normalization, transpose: boolean): FilterTables {
  const { incidence, simplices } = lattice.parts;
  if (normalization === "none") return { incidence, simplices };
  if (normalization === "symmetric") {
    return {
      incidence: normalizedIncidence(lattice, "inverseRoot"),
      simplices: normalizedSimplices(lattice, "inverseRoot"),
    };
  }
  const before = (normalization === "before") !== transpose;
  return before
    ? { incidence: normalizedIncidence(lattice, "inverse"), simplices }
    : { incidence, simplices: normalizedSimplices(lattice, "inverse") };
}

/**
 * Returns the normalization factors of the result and of the values of a filter, p and q in p∘K(q∘v), one for each
 * point. Undefined means that all are 1.
 */
export function factorsOf(
  lattice: Lattice,
  normalization: Normalization,
): { readonly ofResult?: Storage; readonly ofValues?: Storage } {
  if (normalization === "none") return {};
  const factors = makeFactors(lattice, normalization === "symmetric" ? "inverseRoot" : "inverse");
  return {
    ofResult: normalization === "before" ? undefined : factors,
    ofValues: normalization === "after" ? undefined : factors,
  };
}

/**
 * Computes the gradient of K·1, a map of one channel, from the dot products of slice.dots for the values and for the
 * gradient of a filter with `normalization` (not none).
 */
export function pullBackNormalization(
  lattice: Lattice,
  normalization: Normalization,
  { valueDots, gradientDots }: { readonly valueDots: Storage; readonly gradientDots: Storage },
  result: Storage,
): void {
  const { device, points, dimensions, parts } = lattice;
  const symmetric = normalization === "symmetric";
  const share = -sliceFactor(dimensions) * (symmetric ? 0.5 : 1);
  device.run(normalizationPullback, {
    simplices: parts.simplices,
    factors: makeFactors(lattice, symmetric ? "inverseRoot" : "inverse"),
    valueDots,
    gradientDots,
    result,
    points,
    valuesShare: normalization === "after" ? 0 : share,
    gradientShare: normalization === "before" ? 0 : share,
    symmetric: symmetric ? 1 : 0,
    dimensions,
  });
}

/** Returns the lattice's table `name`. On first use it allocates `bytes` and calls `make` to fill them. */
function normalizationTable(
  lattice: Lattice,
  name: string,
  bytes: number,
  make: (result: Storage, workspace: Workspace) => void,
): Storage {
  const known = lattice.normalizationTables.get(name);
  if (known) return known;
  using workspace = new Workspace(lattice.device);
  const result = workspace.allocate(bytes);
  make(result, workspace);
  lattice.normalizationTables.set(name, workspace.handOver(result));
  return result;
}

/** The normalization factor: n = 1/(K·1 + ε) or s = √n. */
type FactorKind = "inverse" | "inverseRoot";

/** Returns the factors of every point, computed by filtering ones. */
function makeFactors(lattice: Lattice, kind: FactorKind): Storage {
  const { device, points, parts } = lattice;
  return normalizationTable(lattice, kind, points * 4, (factors, workspace) => {
    const ones = workspace.allocate(points * quadBytes);
    device.write(ones, new Float32Array(points * 4).fill(1));
    const sums = workspace.allocate(points * quadBytes);
    filterChannels(lattice, parts, allChannels(ones, 1), allChannels(sums, 1), { quads: 1, transpose: false });
    device.run(kernel, { values: sums, factors, points, symmetric: kind === "inverseRoot" ? 1 : 0 });
  });
}

function normalizedIncidence(lattice: Lattice, kind: FactorKind): Incidence {
  const { device, parts } = lattice;
  const { offsets, pairs } = parts.incidence;
  const normalized = normalizationTable(lattice, `incidence ${kind}`, pairs.bytes, (result) =>
    normalizeIncidence(device, pairs, makeFactors(lattice, kind), result),
  );
  return { offsets, pairs: normalized };
}

function normalizedSimplices(lattice: Lattice, kind: FactorKind): Storage {
  const { device, parts, dimensions } = lattice;
  const { simplices } = parts;
  return normalizationTable(lattice, `simplices ${kind}`, simplices.bytes, (result) =>
    normalizeSimplices(device, simplices, makeFactors(lattice, kind), result, dimensions),
  );
}
