import { normalization as kernel, normalizationPullback } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { filterChannels } from "./filterChannels.ts";
import { allChannels } from "../shared/channels.ts";
import { type Incidence, type Normalized, scaleIncidence } from "./incidence.ts";
import type { Lattice } from "./lattice.ts";
import { scaleSimplices, sliceFactor } from "./slice.ts";

/**
 * How a filter K is normalized, with n = 1/(K·1 + ε) and s = √n: `none` K v; `before` K(n∘v); `after` n∘K v, as in
 * CRF-RNN; `symmetric` s∘K(s∘v), as in densecrf.
 */
export type Normalization = "none" | "before" | "after" | "symmetric";

/**
 * The weights for a filter with `normalization`, or for its adjoint (in which before and after change places), made on
 * first use and kept with the lattice.
 */
export function normalized(lattice: Lattice, normalization: Normalization, transpose: boolean): Normalized {
  const { incidence, simplices } = lattice.parts;
  if (normalization === "none") return { incidence, simplices };
  if (normalization === "symmetric") {
    return { incidence: scaledIncidence(lattice, "s"), simplices: scaledSimplices(lattice, "s") };
  }
  const before = (normalization === "before") !== transpose;
  return before
    ? { incidence: scaledIncidence(lattice, "n"), simplices }
    : { incidence, simplices: scaledSimplices(lattice, "n") };
}

/** The factors p and q, one a point, of a filter p∘K(q∘v); undefined stands for ones. */
export function sidesOf(
  lattice: Lattice,
  normalization: Normalization,
): { readonly p?: Storage; readonly q?: Storage } {
  if (normalization === "none") return {};
  const which = factors(lattice, normalization === "symmetric" ? "s" : "n");
  return { p: normalization === "before" ? undefined : which, q: normalization === "after" ? undefined : which };
}

/**
 * The gradient of K·1, a map of one channel, from the dot products of slice.dots for the values and for the gradient of a
 * filter with `normalization` (not none).
 */
export function pullBackNormalization(
  lattice: Lattice,
  normalization: Normalization,
  { ofValues, ofGradient }: { readonly ofValues: Storage; readonly ofGradient: Storage },
  result: Storage,
): void {
  const { device, points, dimensions, parts } = lattice;
  const symmetric = normalization === "symmetric";
  const share = -sliceFactor(dimensions) * (symmetric ? 0.5 : 1);
  device.run(normalizationPullback, {
    simplices: parts.simplices,
    norms: factors(lattice, symmetric ? "s" : "n"),
    ofValues,
    ofGradient,
    result,
    points,
    valuesShare: normalization === "after" ? 0 : share,
    gradientShare: normalization === "before" ? 0 : share,
    symmetric: symmetric ? 1 : 0,
    dimensions,
  });
}

/** What `name` stands for among the lattice's derived tables: `bytes`, filled by `make` the first time. */
function derive(
  lattice: Lattice,
  name: string,
  bytes: number,
  make: (result: Storage, workspace: Workspace) => void,
): Storage {
  const known = lattice.derived.get(name);
  if (known) return known;
  using workspace = new Workspace(lattice.device);
  const result = workspace.allocate(bytes);
  make(result, workspace);
  lattice.derived.set(name, workspace.keep(result));
  return result;
}

/** [points]: n = 1/(K·1 + ε) or s = √n, from one filter of ones. */
function factors(lattice: Lattice, which: "n" | "s"): Storage {
  const { device, points, parts } = lattice;
  return derive(lattice, which, points * 4, (norms, workspace) => {
    const ones = workspace.allocate(points * 16);
    device.write(ones, new Float32Array(points * 4).fill(1));
    const sums = workspace.allocate(points * 16);
    filterChannels(lattice, parts, allChannels(ones, 1), allChannels(sums, 1), { quads: 1, transpose: false });
    device.run(kernel, { values: sums, norms, points, symmetric: which === "s" ? 1 : 0 });
  });
}

function scaledIncidence(lattice: Lattice, which: "n" | "s"): Incidence {
  const { device, parts } = lattice;
  const { offsets, pairs } = parts.incidence;
  const scaled = derive(lattice, `incidence ${which}`, pairs.bytes, (result) =>
    scaleIncidence(device, pairs, factors(lattice, which), result),
  );
  return { offsets, pairs: scaled };
}

function scaledSimplices(lattice: Lattice, which: "n" | "s"): Storage {
  const { device, parts, dimensions } = lattice;
  const { simplices } = parts;
  return derive(lattice, `simplices ${which}`, simplices.bytes, (result) =>
    scaleSimplices(device, simplices, factors(lattice, which), result, dimensions),
  );
}
