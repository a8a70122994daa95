import type { Device, Storage } from "../device/device.ts";
import { performInTurns, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { LimitError, ShapeError } from "../errors.ts";
import { Held, holding } from "../held.ts";
import { requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape, pairBytes, quadsOf, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";
import { vertexTables } from "./chains.ts";
import { checkEmbedded, coordinateRankWords, embed, mostImages } from "./embed.ts";
import { findRanges, reachesOf } from "./features.ts";
import {
  findVertices,
  firstCapacity,
  growAsNeeded,
  type HashTable,
  insertKeys,
  keyBytes,
  nextCapacity,
  numberVertices,
} from "./hash.ts";
import { allocateIncidence, buildIncidence } from "./incidence.ts";
import { findNeighbors, neighborBytes } from "./neighbors.ts";
import { finishPacked, numberPacked, packedCapacity, packingOfReaches, type PackedPoints } from "./packed.ts";
import { beginPlane, planeOf } from "./plane.ts";
import { LatticePoints, type LatticeParts, type PointTables } from "./points.ts";

/** The largest number of dimensions, because a key has four bits for the remainder. */
const mostDimensions = 15;

/** The permutohedral lattice of a set of points; made by `buildLattice`, used by `filter`. */
export class Lattice extends Held {
  /** The features from which the lattice was built. */
  readonly features: Tensor;
  readonly points: number;
  /** d, the number of features of a point. */
  readonly dimensions: number;
  /** M, the number of vertices that at least one point touches. */
  readonly vertices: number;
  /** The points that the lattice was built from, at which `filter` slices unless told otherwise. */
  readonly own: LatticePoints;
  /** The other points at which `filter` can slice, if the lattice was built with any. */
  readonly at: LatticePoints | undefined;
  readonly #parts: LatticeParts;

  /** Called by `buildLattice` only. */
  constructor(
    features: Tensor,
    vertices: number,
    parts: LatticeParts,
    other?: { readonly features: Tensor; readonly tables: PointTables },
  ) {
    const { device } = features;
    // What frees the memory must not refer to the lattice, and tapes lead from features to it.
    const otherTables = other?.tables;
    const derived = [new Map<string, Storage>(), new Map<string, Storage>()] as const;
    super(device, () => {
      const tables = [...storagesOf(parts), ...(otherTables ? storagesOf(otherTables) : [])];
      for (const storage of [...tables, ...derived[0].values(), ...derived[1].values()]) device.release(storage);
    });
    this.features = features;
    this.points = features.rows;
    this.dimensions = features.channels;
    this.vertices = vertices;
    this.own = new LatticePoints(features, parts, derived[0]);
    this.at = other && new LatticePoints(other.features, other.tables, derived[1]);
    this.#parts = parts;
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

const storagesOf = ({ incidence, ...tables }: PointTables): Storage[] =>
  Object.values<Storage | undefined>({ ...incidence, ...tables }).filter((storage) => storage !== undefined);

/** Options of `buildLattice`. */
export interface LatticeOptions extends Abortable {
  /**
   * The features of other points at which `filter` is to slice, [m, d], or [b, m, d] for a batch. The lattice gets the
   * vertices that either set touches, so that blurring leads from one to the other.
   */
  readonly at?: Tensor;
}

const buildOptions: Names<LatticeOptions> = { at: true, signal: true };

/** @throws ShapeError, LimitError unless there is a lattice of `sets` of features */
function checkFeatures(sets: readonly Tensor[]): void {
  const [{ shape, channels: dimensions }, at] = sets as [Tensor, Tensor?];
  if (shape.length < 2 || shape.length > 3 || dimensions > mostDimensions) {
    throw new ShapeError({
      where: "buildLattice",
      expected: `features [n, d] or [b, n, d] with d from 1 to ${mostDimensions}`,
      got: formatShape(shape),
      remedy: "reshape the features, one row a point",
    });
  }
  const fits = !at || sameShape([...at.shape.slice(0, -2), at.channels], [...shape.slice(0, -2), dimensions]);
  if (at && (at.shape.length !== shape.length || !fits)) {
    throw new ShapeError({
      where: "buildLattice",
      expected: `features of other points [${[...shape.slice(0, -2), "m", dimensions].join(", ")}]`,
      got: formatShape(at.shape),
      remedy: "give both sets of points the same features, divided by the same bandwidths",
    });
  }
  const images = imagesOf(sets[0]!);
  const entries = pointsOf(sets) * (dimensions + 1);
  if (images > mostImages(dimensions) || entries >= 2 ** 31) {
    throw new LimitError({
      where: "buildLattice",
      expected: `at most ${mostImages(dimensions)} images and 2^31 entries n·(d + 1)`,
      got: `${images} images, ${entries} entries`,
      remedy: "split the batch",
    });
  }
}

/** The number of images of a batch of features; 1 where there is no batch. */
const imagesOf = ({ shape }: Tensor): number => (shape.length === 3 ? shape[0]! : 1);

const pointsOf = (sets: readonly Tensor[]): number => sets.reduce((sum, { rows }) => sum + rows, 0);

/**
 * Builds the permutohedral lattice of `features`, a tensor [n, d] already divided by the bandwidths (or [b, n, d]: a
 * batch of b images that share no vertex), 1 ≤ d ≤ 15. How vertices are numbered is up to the device.
 * Features far from zero lose digits: subtract a common offset from them, which changes no distance.
 * Adams, Baek and Davis (2010); Krähenbühl and Koltun (2011).
 * @throws ShapeError, ValueError (NaN or infinity), LimitError (a feature beyond the range of keys), DisposedError, AbortError
 * @example const lattice = await buildLattice(features); // [n, 5], for example positions and colors
 * @example
 * // Values at the pixels of a small image, wanted at those of a large one:
 * const lattice = await buildLattice(smallFeatures, { at: largeFeatures });
 * const large = filter(small, lattice, { at: lattice.at, normalization: "after" });
 */
export function buildLattice(
  features: Tensor,
  options: LatticeOptions & { readonly at: Tensor },
): Promise<Lattice & { readonly at: LatticePoints }>;
export function buildLattice(features: Tensor, options?: LatticeOptions): Promise<Lattice>;
export async function buildLattice(features: Tensor, options: LatticeOptions = {}): Promise<Lattice> {
  using begun = await beginLattice(features, options);
  const status = await features.device.read(begun.status);
  return await begun.finish(new Uint32Array(status));
}

/** A lattice up to where its size has to be known. It gives back what it has, but for what it was finished to. */
export interface LatticeBegun extends Disposable {
  /** Four words in device memory that tell the size, to be read by themselves or with what else a call reads. */
  readonly status: Storage;
  /** Builds the rest, as `buildLattice`, by the words that were read. */
  finish(status: Uint32Array): Promise<Lattice>;
}

/** Begins what `buildLattice` does: queues all that can be queued before the size is known. */
export async function beginLattice(features: Tensor, options: LatticeOptions = {}): Promise<LatticeBegun> {
  requireOptions("buildLattice", options, buildOptions);
  const { at } = options;
  const device = requireInputs("buildLattice", { features, "at?": at });
  const sets = at ? [features, at] : [features];
  checkFeatures(sets);
  const held = holding(...sets);
  const workspace = new Workspace(device);
  const dispose = (): void => {
    workspace[Symbol.dispose]();
    held[Symbol.dispose]();
  };
  try {
    const perform = performer(device, options);
    await breathe("buildLattice", options);
    const reaches = await findReaches(sets, workspace, perform);
    const images = imagesOf(features);
    const plane = reaches && !at && features.channels === 2 && planeOf(reaches, images, features.rows * 3);
    if (plane) {
      const begun = await perform(beginPlane(workspace, features, plane));
      const finish = async ([, , , vertices]: Uint32Array): Promise<Lattice> =>
        madeOf(sets, workspace, { vertices: vertices!, parts: await perform(begun.finish(vertices!)) });
      return { status: begun.status, finish, [Symbol.dispose]: dispose };
    }
    const packing = reaches && packingOfReaches(reaches, images);
    if (packing) {
      const numbered = await perform(numberPacked(workspace, sets, packing, packedCapacity(pointsOf(sets))));
      const finish = async (status: Uint32Array): Promise<Lattice> =>
        madeOf(sets, workspace, await buildPacked(sets, workspace, perform, numbered, status));
      return { status: numbered.status, finish, [Symbol.dispose]: dispose };
    }
    const inserted = await insertPoints(sets, workspace, perform);
    const finish = async (status: Uint32Array): Promise<Lattice> =>
      madeOf(sets, workspace, await buildTables(sets, workspace, perform, inserted, status));
    return { status: inserted.status, finish, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * How far the features of all sets reach, which tells how vertices get cells or packed keys: on WASM only, since elsewhere vertices have the
 * numbers of the first touch.
 */
async function findReaches(
  sets: readonly Tensor[],
  workspace: Workspace,
  perform: Perform,
): Promise<Float32Array | undefined> {
  const [{ device, channels }] = sets as [Tensor];
  if (device.kind !== "wasm") return undefined;
  const ranges = workspace.zeros(quadsOf(channels) * 32);
  for (const set of sets) await perform(findRanges(set, ranges));
  const words = new Uint32Array(await device.read(ranges));
  workspace.release(ranges);
  return reachesOf(words, channels);
}

/** Builds the rest of a lattice of packed keys, anew by a larger table where the first one was too small. */
async function buildPacked(
  sets: readonly Tensor[],
  workspace: Workspace,
  perform: Perform,
  numbered: PackedPoints,
  [, , full, vertices]: Uint32Array,
): Promise<Built> {
  const [{ device, channels: dimensions }] = sets as [Tensor];
  if (!full) {
    const finished = await perform(finishPacked(device, workspace, numbered, vertices!, dimensions));
    return { vertices: vertices!, ...finished };
  }
  const { packing, capacity, status, packedKeys, tables } = numbered;
  for (const done of [status, packedKeys, ...tables.flatMap(storagesOf)]) workspace.release(done);
  const larger = nextCapacity(pointsOf(sets) * (dimensions + 1), capacity);
  const again = await perform(numberPacked(workspace, sets, packing, larger));
  const read = new Uint32Array(await device.read(again.status));
  return await buildPacked(sets, workspace, perform, again, read);
}

/** What is known of the points of a lattice before its vertices are numbered. */
interface InsertedPoints {
  readonly keys: Storage;
  readonly barycentric: Storage;
  readonly coordinateRanks: readonly Storage[];
  readonly entrySlots: Storage;
  readonly numbers: Storage;
  readonly status: Storage;
  readonly table: HashTable;
}

/** Performs the work of a build, with turns. */
type Perform = <Result>(work: Work<Result>) => Promise<Result>;

const performer =
  (device: Device, options: LatticeOptions): Perform =>
  (work) =>
    performInTurns(device, work, () => breathe("buildLattice", options));

async function insertPoints(sets: readonly Tensor[], workspace: Workspace, perform: Perform): Promise<InsertedPoints> {
  const [{ device, channels: dimensions }] = sets as [Tensor];
  const points = pointsOf(sets);
  const entries = points * (dimensions + 1);
  const keys = workspace.allocate(keyBytes(entries, dimensions));
  const barycentric = workspace.allocate(entries * 4);
  const status = workspace.zeros(16);
  const coordinateRanks: Storage[] = [];
  let firstPoint = 0;
  for (const set of sets) {
    const ranks = workspace.allocate(set.rows * coordinateRankWords(dimensions) * 4);
    const embedded = { keys, barycentric, coordinateRanks: ranks, status };
    // All points are numbered in one row, those of the first set before those of the second.
    await perform(embed(device, set, set.shape.at(-2)!, embedded, firstPoint));
    coordinateRanks.push(ranks);
    firstPoint += set.rows;
  }
  const entrySlots = workspace.allocate(entries * 4);
  const numbers = workspace.allocate((entries + 1) * 4);
  const capacity = firstCapacity(points, dimensions);
  const table = { slots: workspace.allocate(capacity * 4), capacity };
  await perform(insertKeys(device, table, { keys, entrySlots, numbers, status, entries, dimensions }));
  return { keys, barycentric, coordinateRanks, entrySlots, numbers, status, table };
}

/** What a lattice is made of. */
interface Built {
  readonly vertices: number;
  readonly parts: LatticeParts;
  /** The tables of the other points, if there are any. */
  readonly other?: PointTables;
}

/** Makes the lattice and hands it the memory of what it is made of. */
function madeOf(sets: readonly Tensor[], workspace: Workspace, { vertices, parts, other }: Built): Lattice {
  const [features, at] = sets as [Tensor, Tensor?];
  for (const kept of [...storagesOf(parts), ...(other ? storagesOf(other) : [])]) workspace.handOver(kept);
  const lattice = new Lattice(features, vertices, parts, at && other && { features: at, tables: other });
  return Scope.inherit(lattice, sets);
}

async function buildTables(
  sets: readonly Tensor[],
  workspace: Workspace,
  perform: Perform,
  inserted: InsertedPoints,
  status: Uint32Array,
): Promise<Built> {
  const [features, at] = sets as [Tensor, Tensor?];
  const { device, channels: dimensions } = features;
  const { keys, barycentric, coordinateRanks, entrySlots, numbers } = inserted;
  await checkEmbedded(sets, status);
  const entries = pointsOf(sets) * (dimensions + 1);
  const { table, vertices } = await growAsNeeded(
    device,
    workspace,
    inserted.table,
    { ...inserted, entries, dimensions },
    status,
    perform,
  );

  const vertexKeys = workspace.allocate(keyBytes(vertices, dimensions));
  await perform(numberVertices(table, { keys, numbers, vertexKeys }, dimensions));
  for (const done of [keys, numbers]) workspace.release(done);
  const neighbors = workspace.allocate(neighborBytes(device, vertices, dimensions));
  await perform(findNeighbors(device, table, vertexKeys, neighbors, vertices, dimensions));
  workspace.release(vertexKeys);
  const ofVertices = await perform(vertexTables(device, workspace, neighbors, vertices, dimensions));

  const find = async ({ rows }: Tensor, firstEntry: number) => {
    const count = rows * (dimensions + 1);
    const into = { vertexOfEntry: workspace.allocate(count * 4), simplices: workspace.allocate(count * pairBytes) };
    await perform(findVertices(table, { entrySlots, barycentric }, into, count, firstEntry));
    return into;
  };
  const ownEntries = features.rows * (dimensions + 1);
  const other = at && (await find(at, ownEntries));
  if (other) workspace.release(other.vertexOfEntry);
  const { vertexOfEntry, simplices } = await find(features, 0);
  for (const done of [table.slots, entrySlots]) workspace.release(done);

  const incidence = allocateIncidence(workspace, ownEntries, vertices);
  const from = { simplices, vertexOfEntry, barycentric };
  await perform(buildIncidence(device, from, incidence, ownEntries, vertices, dimensions, at !== undefined));

  const parts = { simplices, ...ofVertices, incidence, coordinateRanks: coordinateRanks[0]! };
  return {
    vertices,
    parts,
    other: other && { simplices: other.simplices, coordinateRanks: coordinateRanks[1]! },
  };
}
