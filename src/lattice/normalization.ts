import { normalization as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { filterBlock } from "./filterBlock.ts";
import { type Incidence, scaleIncidence } from "./incidence.ts";
import type { Lattice } from "./lattice.ts";
import { scaleSimplices } from "./slice.ts";

/**
 * How a filter K is normalized, with n = 1/(K·1 + ε) and s = √n: `none` K v; `before` K(n∘v); `after` n∘K v, as in
 * CRF-RNN; `symmetric` s∘K(s∘v), as in densecrf.
 */
export type Normalization = "none" | "before" | "after" | "symmetric";

/** The weights of a normalized filter: its factors are folded into those of the splat, of the slice, or of both. */
export interface Normalized {
  readonly incidence: Incidence;
  readonly simplices: Storage;
}

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

function derive(lattice: Lattice, name: string, make: () => Storage): Storage {
  let storage = lattice.derived.get(name);
  if (!storage) lattice.derived.set(name, (storage = make()));
  return storage;
}

/** [points]: n = 1/(K·1 + ε) or s = √n, from one filter of ones. */
function factors(lattice: Lattice, which: "n" | "s"): Storage {
  const { device, points, parts } = lattice;
  return derive(lattice, which, () => {
    using workspace = new Workspace(device);
    const ones = workspace.allocate(points * 16);
    device.write(ones, new Float32Array(points * 4).fill(1));
    const sums = workspace.allocate(points * 16);
    filterBlock(lattice, parts, ones, sums, { quads: 1, rowQuads: 1, firstQuad: 0 }, false);
    const norms = device.allocate(points * 4);
    device.run(kernel, points, { values: sums, norms, points, symmetric: which === "s" ? 1 : 0 });
    return norms;
  });
}

function scaledIncidence(lattice: Lattice, which: "n" | "s"): Incidence {
  const { device, parts } = lattice;
  const make = (): Storage => scaleIncidence(device, parts.incidence, factors(lattice, which)).pairs;
  return { offsets: parts.incidence.offsets, pairs: derive(lattice, `incidence ${which}`, make) };
}

function scaledSimplices(lattice: Lattice, which: "n" | "s"): Storage {
  const { device, parts, dimensions } = lattice;
  const make = (): Storage => scaleSimplices(device, parts.simplices, factors(lattice, which), dimensions);
  return derive(lattice, `simplices ${which}`, make);
}
