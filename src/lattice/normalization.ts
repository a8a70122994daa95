import { add, normalization as kernel, normalizationPullback } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { perform } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { filterChannels } from "./filterChannels.ts";
import { quadBytes } from "../shape.ts";
import { allChannels } from "../shared/channels.ts";
import { fillFloats } from "../shared/fillFloats.ts";
import {
  type FilterTables,
  allocateIncidence,
  type Incidence,
  incidenceOfSimplices,
  normalizeIncidence,
} from "./incidence.ts";
import type { Lattice } from "./lattice.ts";
import type { LatticePoints } from "./points.ts";
import { normalizeSimplices, sliceFactor } from "./slice.ts";

/**
 * How a filter K is normalized, with n = 1/(K·1 + ε) and s = √n: `none` is K v, `before` is K(n∘v), `after` is n∘K v,
 * as in CRF-RNN, and `symmetric` is s∘K(s∘v), as in densecrf. Where a filter slices at other points, K·1 is what the ones
 * of the lattice's own points become where n or s stands: at the own points before the filter, at the other ones after it.
 */
export type Normalization = "none" | "before" | "after" | "symmetric";

/**
 * Returns the tables of a filter with `normalization` from the lattice's own points to the points `at`, or of its adjoint,
 * which leads back and in which before and after change places. They are made on first use and kept with the lattice.
 */
export function filterTables(
  lattice: Lattice,
  normalization: Normalization,
  transpose: boolean,
  at: LatticePoints = lattice.own,
): FilterTables {
  const [from, to] = transpose ? [at, lattice.own] : [lattice.own, at];
  const kind = normalization === "symmetric" ? "inverseRoot" : "inverse";
  const both = normalization === "symmetric";
  const first = both || normalization === (transpose ? "after" : "before");
  const last = both || normalization === (transpose ? "before" : "after");
  return {
    incidence: first ? normalizedIncidence(lattice, from, kind) : incidenceOf(lattice, from),
    simplices: last ? normalizedSimplices(lattice, to, kind) : to.tables.simplices,
    points: { from: from.points, to: to.points },
  };
}

/**
 * Returns the normalization factors of the result and of the values of a filter, p and q in p∘K(q∘v), one for each
 * point. Undefined means that all are 1.
 */
export function factorsOf(
  lattice: Lattice,
  normalization: Normalization,
  at: LatticePoints,
): { readonly ofResult?: Storage; readonly ofValues?: Storage } {
  if (normalization === "none") return {};
  const kind = normalization === "symmetric" ? "inverseRoot" : "inverse";
  return {
    ofResult: normalization === "before" ? undefined : makeFactors(lattice, at, kind),
    ofValues: normalization === "after" ? undefined : makeFactors(lattice, lattice.own, kind),
  };
}

/**
 * Computes the gradient of K·1 at `points`, a map of one channel, from the dot products of slice.dots that these points
 * have for the values and for the gradient of a filter with `normalization` (not none).
 */
export function pullBackNormalization(
  lattice: Lattice,
  normalization: Normalization,
  points: LatticePoints,
  { valueDots, gradientDots }: { readonly valueDots: Storage; readonly gradientDots: Storage },
  result: Storage,
): void {
  const { device, dimensions } = lattice;
  const symmetric = normalization === "symmetric";
  const share = -sliceFactor(dimensions) * (symmetric ? 0.5 : 1);
  device.run(normalizationPullback, {
    simplices: points.tables.simplices,
    factors: makeFactors(lattice, points, symmetric ? "inverseRoot" : "inverse"),
    valueDots,
    gradientDots,
    result,
    points: points.points,
    valuesShare: normalization === "after" ? 0 : share,
    gradientShare: normalization === "before" ? 0 : share,
    symmetric: symmetric ? 1 : 0,
    dimensions,
  });
}

/** Returns the points' table `name`. On first use it allocates `bytes` and calls `make` to fill them. */
function derivedTable(
  { device }: Lattice,
  { derived }: LatticePoints,
  name: string,
  bytes: number,
  make: (result: Storage, workspace: Workspace) => void,
): Storage {
  const known = derived.get(name);
  if (known) return known;
  using workspace = new Workspace(device);
  const result = workspace.allocate(bytes);
  make(result, workspace);
  derived.set(name, workspace.handOver(result));
  return result;
}

/** Returns the points' incidence lists. Other points get theirs on first use: only adjoints and gradients need them. */
function incidenceOf(lattice: Lattice, points: LatticePoints): Incidence {
  const { device, vertices, dimensions } = lattice;
  const { simplices, incidence } = points.tables;
  if (incidence) return incidence;
  const { derived } = points;
  if (!derived.has("pairs")) {
    using workspace = new Workspace(device);
    const made = allocateIncidence(workspace, points.points * (dimensions + 1), vertices);
    perform(device, incidenceOfSimplices(device, simplices, made, vertices, dimensions));
    for (const [name, table] of Object.entries(made)) derived.set(name, workspace.handOver(table as Storage));
  }
  const of = (name: keyof Incidence): Storage => derived.get(name)!;
  return { offsets: of("offsets"), blockVertices: of("blockVertices"), pairs: of("pairs") };
}

/** The normalization factor: n = 1/(K·1 + ε) or s = √n. */
export type FactorKind = "inverse" | "inverseRoot";

/** Returns the factors of `points`, computed by filtering the ones of the lattice's own points. */
function makeFactors(lattice: Lattice, points: LatticePoints, kind: FactorKind): Storage {
  return derivedTable(lattice, points, kind, points.points * 4, (factors, workspace) => {
    const values = filteredConstant(workspace, lattice, points, 1);
    runNormalization(lattice.device, values, factors, points.points, kind);
  });
}

/** Frees the factors of the own points, once tables have them: only gradients of the features take them besides, and make them anew. */
export function forgetFactors({ device, own: { derived } }: Lattice): void {
  for (const kind of ["inverse", "inverseRoot"] satisfies FactorKind[]) {
    const factors = derived.get(kind);
    if (factors && derived.delete(kind)) device.release(factors);
  }
}

/** Makes factors of what a filter made of ones, of which `values` has a quad a point. */
export function runNormalization(
  device: Device,
  values: Storage,
  factors: Storage,
  points: number,
  kind: FactorKind,
): void {
  device.run(kernel, { values, factors, points, symmetric: kind === "inverseRoot" ? 1 : 0 });
}

/** Returns what a filter to `points` makes of a `value` at all own points, a map of one channel. */
function filteredConstant(workspace: Workspace, lattice: Lattice, points: LatticePoints, value: number): Storage {
  const { device, own } = lattice;
  const constant = workspace.allocate(own.points * quadBytes);
  fillFloats(device, constant, value);
  const result = workspace.allocate(points.points * quadBytes);
  const tables = filterTables(lattice, "none", false, points);
  filterChannels(lattice, tables, allChannels(constant, 1), allChannels(result, 1), { quads: 1, transpose: false });
  return result;
}

/**
 * Makes two filters K and S of two lattices with the same points add up to one average: where they slice at the other
 * points, normalized `after`, both are divided by K·1 + share·S·1 + ε. The caller multiplies the values of the second by
 * the share. This must come before the first such filter. Gradients of the features do not know of it.
 */
export function normalizeTogether(first: Lattice, second: Lattice, share: number): void {
  const { device } = first;
  using workspace = new Workspace(device);
  const a = filteredConstant(workspace, first, first.at!, 1);
  const b = filteredConstant(workspace, second, second.at!, share);
  const values = workspace.allocate(a.bytes);
  device.run(add, { a, b, result: values, count: a.bytes / quadBytes });
  for (const lattice of [first, second]) {
    const { points } = lattice.at!;
    derivedTable(lattice, lattice.at!, "inverse", points * 4, (factors) => {
      device.run(kernel, { values, factors, points, symmetric: 0 });
    });
  }
}

function normalizedIncidence(lattice: Lattice, points: LatticePoints, kind: FactorKind): Incidence {
  const { pairs, ...lists } = incidenceOf(lattice, points);
  const normalized = derivedTable(lattice, points, `incidence ${kind}`, pairs.bytes, (result) =>
    normalizeIncidence(lattice.device, pairs, makeFactors(lattice, points, kind), result),
  );
  return { ...lists, pairs: normalized };
}

function normalizedSimplices(lattice: Lattice, points: LatticePoints, kind: FactorKind): Storage {
  const { device, dimensions } = lattice;
  const { simplices } = points.tables;
  return derivedTable(lattice, points, `simplices ${kind}`, simplices.bytes, (result) =>
    normalizeSimplices(device, simplices, makeFactors(lattice, points, kind), result, dimensions),
  );
}
