import { normalize as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { filterBlock } from "./filterBlock.ts";
import { type Incidence, scaleIncidence } from "./incidence.ts";
import type { Lattice } from "./lattice.ts";

/**
 * How a filter K is normalized, with n = 1/(K·1 + ε) and s = √n: `none` K v; `before` K(n∘v); `after` n∘K v, as in
 * CRF-RNN; `symmetric` s∘K(s∘v), as in densecrf.
 */
export type Normalization = "none" | "before" | "after" | "symmetric";

/** What a normalized filter multiplies with: factors folded into the splat, factors applied by the slice. */
export interface Normalized {
  readonly incidence: Incidence;
  /** [points], or undefined for none. */
  readonly norms: Storage | undefined;
}

/**
 * The lists and factors for a filter with `normalization`, or for its adjoint (in which before and after change
 * places), made on first use and kept with the lattice.
 */
export function normalized(lattice: Lattice, normalization: Normalization, transpose: boolean): Normalized {
  const { incidence } = lattice.parts;
  if (normalization === "none") return { incidence, norms: undefined };
  const norms = factors(lattice, normalization === "symmetric");
  if (normalization === "symmetric") return { incidence: scaled(lattice, norms, "symmetric"), norms };
  const before = (normalization === "before") !== transpose;
  return before ? { incidence: scaled(lattice, norms, "before"), norms: undefined } : { incidence, norms };
}

function derive(lattice: Lattice, name: string, make: () => Storage): Storage {
  let storage = lattice.derived.get(name);
  if (!storage) lattice.derived.set(name, (storage = make()));
  return storage;
}

/** n, or s where symmetric: from one filter of ones. */
function factors(lattice: Lattice, symmetric: boolean): Storage {
  const { device, points } = lattice;
  return derive(lattice, symmetric ? "s" : "n", () => {
    using workspace = new Workspace(device);
    const ones = workspace.allocate(points * 16);
    device.write(ones, new Float32Array(points * 4).fill(1));
    const sums = workspace.allocate(points * 16);
    const block = { quads: 1, rowQuads: 1, firstQuad: 0 };
    filterBlock(lattice, { incidence: lattice.parts.incidence, norms: undefined }, ones, sums, block, block, false);
    const norms = device.allocate(points * 4);
    device.run(kernel, points, { values: sums, norms, points, symmetric: symmetric ? 1 : 0 });
    return norms;
  });
}

function scaled(lattice: Lattice, norms: Storage, name: string): Incidence {
  const { incidence } = lattice.parts;
  const pairs = derive(lattice, `incidence ${name}`, () => scaleIncidence(lattice.device, incidence, norms).pairs);
  return { offsets: incidence.offsets, pairs };
}
