import {
  fill,
  incidenceCount,
  incidenceEntries,
  incidenceFill,
  incidenceNormalize,
  incidenceOffsets,
  incidenceScatter,
} from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import { scan } from "../shared/scan.ts";
import { sort, sortBlocks } from "../shared/sort.ts";

/** The points in whose simplex a vertex is, for each vertex and in point order, with their barycentric weights. */
export interface Incidence {
  /** [vertices + 2]: where each vertex's list begins. */
  readonly offsets: Storage;
  /** [entries / 64]: the vertex of every 64th pair, by which splat finds the blocks of long lists. */
  readonly blockVertices: Storage;
  /** [points·(d + 1)] pairs of a point and a weight. */
  readonly pairs: Storage;
}

/**
 * The tables that a filter splats and slices with. Normalization is folded into the weights of the splat, of the slice,
 * or of both.
 */
export interface FilterTables {
  readonly incidence: Incidence;
  readonly simplices: Storage;
  /** How many points it splats from and slices at. */
  readonly points: { readonly from: number; readonly to: number };
}

/** How many pairs of a list are added up apart, as in kernels/lattice/incidence.wgsl. */
export const blockLength = 64;

/** Makes room for the incidence lists of `entries`. */
export const allocateIncidence = (workspace: Workspace, entries: number, vertices: number): Incidence => ({
  offsets: workspace.allocate((vertices + 2) * 4),
  blockVertices: workspace.allocate(Math.ceil(entries / blockLength) * 4),
  pairs: workspace.allocate(entries * pairBytes),
});

/**
 * Writes zeros from front to back before pairs are scattered, so that they find the lines in a cache: half the time of a scatter, and more
 * where memory is busy.
 */
const touched = (pairs: Storage, entries: number): Planned =>
  planned(fill, { values: pairs, count: entries * 2, value: 0 });

/** What is known of each entry: its vertex and its weight, side by side and each by itself. */
export interface EntryTables {
  readonly simplices: Storage;
  readonly vertexOfEntry: Storage;
  readonly barycentric: Storage;
}

/**
 * Builds the incidence lists by a stable sort of the entries by vertex, so that each keeps the order of the points. A
 * vertex that is in no entry gets an empty list. `sparse` says that there may be such vertices.
 *
 * WASM sorts the entries in one round, which can move pairs to where they belong in the lists; WebGPU sorts the numbers of the entries, in
 * several rounds, and fetches the pairs afterwards.
 */
export function* buildIncidence(
  device: Device,
  { simplices, vertexOfEntry, barycentric }: EntryTables,
  incidence: Incidence,
  entries: number,
  vertices: number,
  dimensions: number,
  sparse: boolean,
): Work {
  if (device.kind === "wasm") return yield* scatterIncidence(device, simplices, incidence, vertices, dimensions);
  using workspace = new Workspace(device);
  const { offsets, blockVertices, pairs } = incidence;
  const sorted = yield* sort(device, workspace, { keys: vertexOfEntry }, entries, vertices);
  // Lists behind that of the last vertex that is in an entry begin at the end.
  if (sparse) yield planned(fill, { values: offsets, count: vertices + 2, value: entries });
  yield planned(incidenceFill, {
    sortedVertices: sorted.keys,
    sortedOrder: sorted.order,
    barycentric,
    incidence: pairs,
    offsets,
    blockVertices,
    entries,
    vertices,
    dimensions,
  });
}

/** Counts the entries of each vertex by blocks, and gives simplices new numbers of their vertices before, if there are any. */
export function* countEntries(device: Device, simplices: Storage, counts: Storage, numbers?: Storage): Work {
  const entries = simplices.bytes / pairBytes;
  device.clear(counts);
  const renumber = { numbers: numbers ?? counts, renumber: numbers ? 1 : 0 };
  yield planned(incidenceCount, { simplices, counts, entries, ...sortBlocks(device, entries), ...renumber });
}

/** Builds them on WASM. Where there are new numbers of the vertices, simplices get them before. */
export function* scatterIncidence(
  device: Device,
  simplices: Storage,
  { offsets, blockVertices, pairs }: Incidence,
  vertices: number,
  dimensions: number,
  numbers?: Storage,
): Work {
  using workspace = new Workspace(device);
  const entries = simplices.bytes / pairBytes;
  const blocks = sortBlocks(device, entries);
  const starts = workspace.allocate(vertices * blocks.blocks * 4);
  yield* countEntries(device, simplices, starts, numbers);
  yield* scan(device, starts, vertices * blocks.blocks);
  yield planned(incidenceOffsets, { starts, offsets, blockVertices, entries, vertices, blocks: blocks.blocks });
  yield touched(pairs, entries);
  yield planned(incidenceScatter, { simplices, starts, incidence: pairs, entries, ...blocks, dimensions });
}

/** Builds the incidence lists of points from their simplices. Only some of the vertices need be in one. */
export function* incidenceOfSimplices(
  device: Device,
  simplices: Storage,
  incidence: Incidence,
  vertices: number,
  dimensions: number,
): Work {
  if (device.kind === "wasm") return yield* scatterIncidence(device, simplices, incidence, vertices, dimensions);
  const entries = simplices.bytes / pairBytes;
  using workspace = new Workspace(device);
  const vertexOfEntry = workspace.allocate(entries * 4);
  const barycentric = workspace.allocate(entries * 4);
  yield planned(incidenceEntries, { simplices, vertexOfEntry, barycentric, entries });
  yield* buildIncidence(
    device,
    { simplices, vertexOfEntry, barycentric },
    incidence,
    entries,
    vertices,
    dimensions,
    true,
  );
}

/**
 * Copies the lists' pairs with each barycentric weight multiplied by its point's normalization factor, so that the
 * splat includes the normalization.
 */
export function normalizeIncidence(device: Device, pairs: Storage, factors: Storage, result: Storage): void {
  device.run(incidenceNormalize, { incidence: pairs, factors, result, entries: pairs.bytes / pairBytes });
}
