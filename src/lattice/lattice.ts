import type { Storage } from "../device/device.ts";
import { performInTurns, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { LimitError, ShapeError } from "../errors.ts";
import { Held, holding } from "../held.ts";
import { requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape, pairBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";
import { checkEmbedded, coordinateRankWords, embed, mostImages } from "./embed.ts";
import {
  findVertices,
  firstCapacity,
  type Inserted,
  insertKeys,
  keyBytes,
  numberVertices,
  readInserted,
} from "./hash.ts";
import { buildIncidence, type Incidence } from "./incidence.ts";
import { findNeighbors, neighborBytes } from "./neighbors.ts";
import { orderVertices } from "./order.ts";

/** The largest number of dimensions, because a key has four bits for the remainder. */
const mostDimensions = 15;

/** The permutohedral lattice of one set of points; made by `buildLattice`, used by `filter`. */
export class Lattice extends Held {
  /** The features from which the lattice was built. */
  readonly features: Tensor;
  readonly points: number;
  /** d, the number of features of a point. */
  readonly dimensions: number;
  /** M, the number of vertices that at least one point touches. */
  readonly vertices: number;
  readonly #parts: LatticeParts;
  /** Tables for normalized filters. `normalization.ts` makes them on first use, and they are freed with the lattice. */
  readonly normalizationTables: Map<string, Storage>;

  /** Called by `buildLattice` only. */
  constructor(features: Tensor, vertices: number, parts: LatticeParts) {
    const { device } = features;
    const normalizationTables = new Map<string, Storage>();
    super(device, () => {
      for (const storage of [...storagesOf(parts), ...normalizationTables.values()]) device.release(storage);
    });
    this.features = features;
    this.points = features.rows;
    this.dimensions = features.channels;
    this.vertices = vertices;
    this.#parts = parts;
    this.normalizationTables = normalizationTables;
  }

  describe(): string {
    return `lattice of ${this.points} points`;
  }

  /** The tables in device memory. @throws DisposedError if they were given back */
  get parts(): LatticeParts {
    this.requireMemory();
    return this.#parts;
  }
}

/** A lattice's tables. */
export interface LatticeParts {
  /** [points, d + 1] pairs: the vertex of each remainder and its barycentric weight. */
  readonly simplices: Storage;
  /** [d + 1, vertices + 1, 2], axes padded: see neighbors.ts. */
  readonly neighbors: Storage;
  readonly incidence: Incidence;
  /** The ranks of each point's coordinates, for the gradient of the features: embed.wgsl describes them. */
  readonly coordinateRanks: Storage;
}

const storagesOf = ({ incidence, ...tables }: LatticeParts): Storage[] => [
  ...(Object.values(incidence) as Storage[]),
  ...Object.values<Storage>(tables),
];

const buildOptions: Names<Abortable> = { signal: true };

/**
 * Builds the permutohedral lattice of `features`, a tensor [n, d] already divided by the bandwidths (or [b, n, d]: a
 * batch of b images that share no vertex), 1 ≤ d ≤ 15. Vertices are numbered in the order in which points touch them.
 * Adams, Baek and Davis (2010); Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError (NaN or infinity), LimitError (a feature beyond the range of keys), DisposedError, AbortError
 * @example const lattice = await buildLattice(device.tensor([n, 5], features));
 */
export async function buildLattice(features: Tensor, options: Abortable = {}): Promise<Lattice> {
  const device = requireInputs("buildLattice", { features });
  requireOptions("buildLattice", options, buildOptions);
  const { shape } = features;
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
  const images = shape.length === 3 ? shape[0]! : 1;
  const entries = points * (dimensions + 1);
  if (images > mostImages(dimensions) || entries >= 2 ** 31) {
    throw new LimitError({
      where: "buildLattice",
      expected: `at most ${mostImages(dimensions)} images and 2^31 entries n·(d + 1)`,
      got: `${images} images, ${entries} entries`,
      remedy: "split the batch",
    });
  }

  using _held = holding(features);
  using workspace = new Workspace(device);
  const turn = (): Promise<void> => breathe("buildLattice", options);
  const perform = <Result>(work: Work<Result>): Promise<Result> => performInTurns(device, work, turn);
  await turn();
  const keys = workspace.allocate(keyBytes(entries, dimensions));
  const barycentric = workspace.allocate(entries * 4);
  const coordinateRanks = workspace.allocate(points * coordinateRankWords(dimensions) * 4);
  const status = workspace.zeros(16);
  await perform(embed(device, features, points / images, { keys, barycentric, coordinateRanks, status }));

  const entrySlots = workspace.allocate(entries * 4);
  const numbers = workspace.allocate((entries + 1) * 4);
  let capacity = firstCapacity(points);
  let slots = workspace.allocate(capacity * 4);
  const insert = async (): Promise<Inserted> => {
    const table = { keys, status, slots, capacity };
    await perform(insertKeys(device, table, { entrySlots, numbers }, entries, dimensions));
    return await readInserted(device, status, capacity);
  };
  let found = await insert();
  await checkEmbedded(features, found.status);
  while (found.full) {
    workspace.release(slots);
    capacity *= 4;
    slots = workspace.allocate(capacity * 4);
    device.clear(status);
    found = await insert();
  }

  const { vertices } = found;
  const table = { slots, capacity };
  const firstKeys = workspace.allocate(keyBytes(vertices, dimensions));
  await perform(numberVertices(table, { keys, numbers, vertexKeys: firstKeys }, dimensions));
  for (const done of [keys, numbers]) workspace.release(done);
  const vertexKeys = await perform(orderVertices(device, workspace, table, firstKeys, vertices, dimensions));

  const neighbors = workspace.allocate(neighborBytes(device, vertices, dimensions));
  await perform(findNeighbors(device, table, vertexKeys, neighbors, vertices, dimensions));
  workspace.release(vertexKeys);

  const vertexOfEntry = workspace.allocate(entries * 4);
  const simplices = workspace.allocate(entries * pairBytes);
  await perform(findVertices(table, { entrySlots, barycentric }, { vertexOfEntry, simplices }, entries));
  for (const done of [slots, entrySlots]) workspace.release(done);

  const incidence = { offsets: workspace.allocate((vertices + 2) * 4), pairs: workspace.allocate(entries * pairBytes) };
  await perform(buildIncidence(device, { vertexOfEntry, barycentric }, incidence, entries, vertices, dimensions));

  const parts = { simplices, neighbors, incidence, coordinateRanks };
  for (const kept of storagesOf(parts)) workspace.handOver(kept);
  return Scope.inherit(new Lattice(features, vertices, parts), [features]);
}
