import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { DisposedError, LimitError, ShapeError } from "../errors.ts";
import { Held } from "../held.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkEmbedded, embed, mostGroups, rankWords } from "./embed.ts";
import { findVertices, firstCapacity, insertKeys, keyBytes, numberVertices } from "./hash.ts";
import { buildIncidence, type Incidence } from "./incidence.ts";
import { findNeighbors, neighborBytes } from "./neighbors.ts";
import { orderVertices } from "./order.ts";

/** Dimensions that a key's four bits of remainder can count. */
const mostDimensions = 15;

/** The permutohedral lattice of one set of points; made by `buildLattice`, used by `filter`. */
export class Lattice extends Held {
  readonly device: Device;
  /** What it was made of. */
  readonly features: Tensor;
  readonly points: number;
  /** d: features of a point. */
  readonly dimensions: number;
  /** M: vertices that some point touches. */
  readonly vertices: number;
  readonly #parts: LatticeParts;
  /** Made on first use by `normalization.ts`, freed with the lattice. */
  readonly derived = new Map<string, Storage>();

  /** For `buildLattice` only. */
  constructor(features: Tensor, vertices: number, parts: LatticeParts) {
    super();
    this.device = features.device;
    this.features = features;
    this.points = features.rows;
    this.dimensions = features.channels;
    this.vertices = vertices;
    this.#parts = parts;
  }

  /** The tables in device memory. @throws DisposedError */
  get parts(): LatticeParts {
    if (this.disposed)
      throw new DisposedError({ where: "lattice", expected: "a live lattice", got: "one that was disposed" });
    return this.#parts;
  }

  protected free(): void {
    const { incidence, ...tables } = this.#parts;
    for (const storage of [...Object.values(incidence), ...Object.values(tables), ...this.derived.values()]) {
      this.device.release(storage);
    }
    this.derived.clear();
  }
}

/** A lattice's tables. */
export interface LatticeParts {
  /** [points, d + 1] pairs: the vertex of each remainder and its barycentric weight. */
  readonly simplices: Storage;
  /** [d + 1, vertices + 1, 2], axes padded: see neighbors.ts. */
  readonly neighbors: Storage;
  readonly incidence: Incidence;
  /** The order of each point's coordinates, for the gradient of the features: see embed.wgsl. */
  readonly ranks: Storage;
}

/**
 * Builds the permutohedral lattice of `features`, a tensor [n, d] already divided by the bandwidths (or [b, n, d]: a
 * batch of b images that share no vertex), 1 ≤ d ≤ 15. Vertices are numbered in the order in which points touch them.
 * Adams, Baek and Davis (2010); Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError (NaN or infinity), LimitError (a feature beyond the range of keys)
 * @example const lattice = await buildLattice(device.tensor([n, 5], features));
 */
export async function buildLattice(features: Tensor): Promise<Lattice> {
  const { device, shape } = features;
  const dimensions = features.channels;
  if (shape.length < 2 || shape.length > 3 || dimensions > mostDimensions) {
    throw new ShapeError({
      where: "buildLattice",
      expected: `features [n, d] or [b, n, d] with d from 1 to ${mostDimensions}`,
      got: formatShape(shape),
      remedy: "reshape the features, one row a point",
    });
  }
  const points = features.rows;
  const groups = shape.length === 3 ? shape[0]! : 1;
  const entries = points * (dimensions + 1);
  if (groups > mostGroups(dimensions) || entries >= 2 ** 31) {
    throw new LimitError({
      where: "buildLattice",
      expected: `at most ${mostGroups(dimensions)} images and 2^31 entries n·(d + 1)`,
      got: `${groups} images, ${entries} entries`,
      remedy: "split the batch",
    });
  }

  using workspace = new Workspace(device);
  const keys = workspace.allocate(keyBytes(entries, dimensions));
  const weights = workspace.allocate(entries * 4);
  const ranks = workspace.allocate(points * rankWords(dimensions) * 4);
  const status = workspace.zeros(16);
  embed(device, features, points / groups, { keys, weights, ranks, status });

  const entrySlots = workspace.allocate(entries * 4);
  const numbers = workspace.allocate((entries + 1) * 4);
  let capacity = firstCapacity(points);
  let slots = workspace.allocate(capacity * 4);
  let found = await insertKeys(device, { keys, status, slots, capacity }, { entrySlots, numbers }, entries, dimensions);
  await checkEmbedded(features, found.status);
  while (found.full) {
    workspace.release(slots);
    capacity *= 4;
    slots = workspace.allocate(capacity * 4);
    device.clear(status);
    found = await insertKeys(device, { keys, status, slots, capacity }, { entrySlots, numbers }, entries, dimensions);
  }

  const { vertices } = found;
  const table = { slots, capacity };
  const firstKeys = workspace.allocate(keyBytes(vertices, dimensions));
  numberVertices(device, table, { keys, numbers, vertexKeys: firstKeys }, dimensions);
  for (const done of [keys, numbers]) workspace.release(done);
  const vertexKeys = orderVertices(device, workspace, table, firstKeys, vertices, dimensions);

  const neighbors = workspace.allocate(neighborBytes(vertices, dimensions));
  findNeighbors(device, table, vertexKeys, neighbors, vertices, dimensions);
  workspace.release(vertexKeys);

  const vertexOfEntry = workspace.allocate(entries * 4);
  const simplices = workspace.allocate(entries * 8);
  findVertices(device, table, { entrySlots, weights }, { vertices: vertexOfEntry, simplices }, entries);
  for (const done of [slots, entrySlots]) workspace.release(done);

  const incidence = { offsets: workspace.allocate((vertices + 2) * 4), pairs: workspace.allocate(entries * 8) };
  buildIncidence(device, { vertices: vertexOfEntry, weights }, incidence, entries, vertices, dimensions);

  for (const kept of [simplices, neighbors, incidence.offsets, incidence.pairs, ranks]) workspace.keep(kept);
  return new Lattice(features, vertices, { simplices, neighbors, incidence, ranks });
}
