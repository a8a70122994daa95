import type { Storage } from "../device/device.ts";
import type { Tensor } from "../tensor.ts";
import type { Incidence } from "./incidence.ts";

/** What carries values from points to the vertices of their lattice, and back. */
export interface PointTables {
  /** [points, d + 1] pairs: the vertex of each remainder and its barycentric weight. */
  readonly simplices: Storage;
  /** Undefined for points at which only few filters splat: `incidenceOf` makes it then. */
  readonly incidence?: Incidence;
  /** The ranks of each point's coordinates, for the gradient of the features: embed.wgsl describes them. */
  readonly coordinateRanks: Storage;
}

/** What leads from vertices to their neighbors, one or the other: see `vertexTables`. */
export interface VertexTables {
  /** [d + 1, vertices + 1, 2], axes padded. */
  readonly neighbors?: Storage;
  /** [d + 1, vertices + 1], axes padded: see kernels/lattice/chains.wgsl. */
  readonly chains?: Storage;
}

/** A lattice's tables, those of its own points among them. */
export interface LatticeParts extends PointTables, VertexTables {
  readonly incidence: Incidence;
}

/**
 * One of the sets of points that a lattice has: those that it was built from, or the other ones at which `filter` can
 * slice. Their memory is the lattice's and goes with it.
 */
export class LatticePoints {
  /** The features of the points, [n, d] or [b, n, d]. */
  readonly features: Tensor;
  readonly tables: PointTables;
  /** Tables that are made from the others on first use, for example those of normalized filters. */
  readonly derived: Map<string, Storage>;

  /** Called by `buildLattice` only. */
  constructor(features: Tensor, tables: PointTables, derived: Map<string, Storage>) {
    this.features = features;
    this.tables = tables;
    this.derived = derived;
  }

  /** The number of points, of all images of a batch together. */
  get points(): number {
    return this.features.rows;
  }
}
