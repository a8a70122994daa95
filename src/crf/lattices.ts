import { ShapeError } from "../errors.ts";
import { requireHeld, requireOneDevice } from "../inputs.ts";
import { Lattice } from "../lattice/lattice.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The two lattices that a CRF filters with. They stand in place of a guide: those of a picture (`crf.lattices(guide)`), kept for
 * many calls, or any two that `buildLattice` made, of features of a volume's voxels, of points, or of a graph's nodes.
 */
export interface CrfLattices {
  /** That of the smoothness kernel, weighed by W_s: for pictures, of positions. */
  readonly spatial: Lattice;
  /** That of the appearance kernel, weighed by W_b: for pictures, of positions and colors. */
  readonly bilateral: Lattice;
}

/** The lattices of a guide, which belong to who asked for them. */
export interface KeptLattices extends CrfLattices, Disposable {
  /** Disposes of both. */
  dispose(): void;
}

/** Makes two lattices one thing to dispose of. A spatial one that others use as well is only let go by `end`. */
export function kept(spatial: Lattice, bilateral: Lattice, end = () => spatial.dispose()): KeptLattices {
  const dispose = (): void => {
    end();
    bilateral.dispose();
  };
  return { spatial, bilateral, dispose, [Symbol.dispose]: dispose };
}

/** Tells lattices from a guide. */
export const areLattices = (guide: unknown): guide is CrfLattices =>
  typeof guide === "object" && guide !== null && "spatial" in guide && "bilateral" in guide;

/** @throws ValueError for what is no lattice, DisposedError, DeviceError, ShapeError unless each row of the logits is a point of both */
export function requireLattices(where: string, { spatial, bilateral }: CrfLattices, unary: Tensor): void {
  const remedy = "make them with await crf.lattices(guide), or with buildLattice";
  for (const [name, lattice] of Object.entries({ spatial, bilateral })) {
    requireHeld(where, name, lattice, Lattice, "a lattice", remedy);
  }
  requireOneDevice(where, { logits: unary, spatial, bilateral });
  if (spatial.points === unary.rows && bilateral.points === unary.rows) return;
  throw new ShapeError({
    where,
    expected: `lattices of ${unary.rows} points, as many as the logits ${formatShape(unary.shape)} have rows`,
    got: `${spatial.points} and ${bilateral.points} points`,
    remedy: "make the lattices of the same picture, or of the same points, as the logits",
  });
}
