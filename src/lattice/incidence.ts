import {
  fill,
  incidenceCount,
  incidenceEntries,
  incidenceFill,
  incidenceNormalize,
  incidenceOffsets,
  incidenceScatter,
  incidenceTotals,
} from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import { scan } from "../shared/scan.ts";
import { sort } from "../shared/sort.ts";

/**
 * The points in whose simplex a vertex is, for each vertex and in point order, with their barycentric weights. They may come in bands of
 * points: then there are lists of all vertices for the first band, behind them those of the second, and so on, as parts of lists
 * that lie nowhere as a whole.
 */
export interface Incidence {
  /**
   * [vertices + 2]: where each list begins. Of lists in bands [bands + 1, vertices + 2]: where each would begin if they were whole, and then
   * where its parts begin in each band.
   */
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

/** How many points a band has: the rows of 21 classes then take 3 MB. (Measured: half and a quarter of them splat as fast, and cost more to build.) */
export const bandPoints = 32768;

/**
 * How many bands serve a splat best. Whole lists of a vertex lie all over a map of the points, whose rows they fetch from far, once for each of
 * a point's vertices; bands stay near meanwhile, and cost a visit to each vertex. So lists have to be long, and vertices as many as
 * threads can share.
 */
export function chooseBands({ kind }: Device, points: number, vertices: number, dimensions: number): number {
  const bands = Math.ceil(points / bandPoints);
  const pairs = points * (dimensions + 1);
  return kind === "wasm" && vertices >= 4096 && pairs >= 4 * bands * vertices ? bands : 1;
}

/** In how many bands the lists of so many vertices come. */
export const bandsOf = ({ offsets }: Incidence, vertices: number): number =>
  Math.max(1, offsets.bytes / (4 * (vertices + 2)) - 1);

/** Makes room for the incidence lists of `entries`. */
export const allocateIncidence = (workspace: Workspace, entries: number, vertices: number, bands = 1): Incidence => ({
  offsets: workspace.allocate((bands === 1 ? 1 : bands + 1) * (vertices + 2) * 4),
  blockVertices: workspace.allocate(Math.ceil(entries / blockLength) * 4),
  pairs: workspace.allocate(entries * pairBytes),
});

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

/** The blocks of entries that threads count and scatter apart, a whole number to a band. */
interface ListBlocks {
  readonly blockSize: number;
  readonly blocks: number;
  readonly bandBlocks: number;
}

/** Bands are cut only where threads would have fewer than two each, since pairs of a band lie close together, where threads get in each other's way. */
function listBlocks({ info }: Device, entries: number, bandEntries: number): ListBlocks {
  const bands = Math.ceil(entries / bandEntries);
  const bandBlocks =
    bands === 1
      ? Math.min(info.threads, Math.ceil(entries / 4096))
      : 2 ** Math.max(0, Math.ceil(Math.log2((2 * info.threads) / bands)));
  const blockSize = Math.ceil(bandEntries / bandBlocks);
  return { blockSize, blocks: Math.ceil(entries / blockSize), bandBlocks };
}

/** Gives simplices new numbers of their vertices. */
export function* renumber(device: Device, simplices: Storage, numbers: Storage, vertices: number): Work {
  using workspace = new Workspace(device);
  const entries = simplices.bytes / pairBytes;
  const cut = listBlocks(device, entries, entries);
  yield* countEntries(simplices, workspace.allocate(cut.blocks * vertices * 4), { ...cut, vertices, numbers });
}

/** Counts the entries of each vertex by blocks, and gives simplices new numbers of their vertices before, if there are any. */
function* countEntries(
  simplices: Storage,
  counts: Storage,
  {
    blockSize,
    blocks,
    vertices,
    numbers,
  }: { readonly blockSize: number; readonly blocks: number; readonly vertices: number; readonly numbers?: Storage },
): Work {
  const entries = simplices.bytes / pairBytes;
  yield planned(fill, { values: counts, count: counts.bytes / 4, value: 0 });
  yield planned(incidenceCount, {
    simplices,
    counts,
    entries,
    blockSize,
    blocks,
    vertices,
    numbers: numbers ?? counts,
    renumber: numbers ? 1 : 0,
  });
}

/** Builds them on WASM, in bands if asked for. Where there are new numbers of the vertices, simplices get them before. */
export function* scatterIncidence(
  device: Device,
  simplices: Storage,
  { offsets, blockVertices, pairs }: Incidence,
  vertices: number,
  dimensions: number,
  { numbers, bands = 1 }: { readonly numbers?: Storage; readonly bands?: number } = {},
): Work {
  using workspace = new Workspace(device);
  const entries = simplices.bytes / pairBytes;
  const bandEntries = bands === 1 ? entries : bandPoints * (dimensions + 1);
  const { blockSize, blocks, bandBlocks } = listBlocks(device, entries, bandEntries);
  const starts = workspace.allocate(blocks * vertices * 4);
  yield* countEntries(simplices, starts, { blockSize, blocks, vertices, numbers });
  const lists = view(offsets, 0, (vertices + 2) * 4);
  const ofBands = bands === 1 ? lists : view(offsets, lists.bytes, bands * lists.bytes);
  yield* beginsOf(device, starts, lists, { vertices, blocks, bandBlocks: blocks });
  if (bands > 1) yield* beginsOf(device, starts, ofBands, { vertices, blocks, bandBlocks });
  yield planned(incidenceOffsets, { offsets: ofBands, lists, starts, blockVertices, vertices, blocks, bandBlocks });
  const apart = bandBlocks === 1;
  // See incidence.scatter, which does it itself where blocks lie apart.
  if (!apart) yield planned(fill, { values: pairs, count: entries * 2, value: 0 });
  yield planned(incidenceScatter, {
    simplices,
    starts,
    incidence: pairs,
    entries,
    blockSize,
    blocks,
    vertices,
    dimensions,
    apart: Number(apart),
  });
}

/** Writes where the lists of each band begin, whose entries were counted by blocks. */
function* beginsOf(
  device: Device,
  counts: Storage,
  offsets: Storage,
  { vertices, blocks, bandBlocks }: { readonly vertices: number; readonly blocks: number; readonly bandBlocks: number },
): Work {
  yield planned(incidenceTotals, { counts, totals: offsets, vertices, blocks, bandBlocks });
  yield* scan(device, offsets, offsets.bytes / 4);
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
