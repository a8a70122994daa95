import { splat as kernel, splatAdd, splatBand as bandKernel } from "../../build/kernels.ts";
import { type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { pairBytes, quadBytes } from "../shape.ts";
import type { MapChannels } from "../shared/channels.ts";
import { bandOf, bandPoints, bandsOf, blockLength, type FilterTables, type Incidence } from "./incidence.ts";

/** What is splatted from. */
export type Splatted = Pick<FilterTables, "incidence" | "points">;

/**
 * The rows of the sums of further blocks, level by level: see kernels/lattice/incidence.wgsl. The lists' lengths are known on
 * the device alone, but none is longer than there are points, so that small lattices have no such rows.
 */
function sumRows({ pairs }: Incidence, points: number): number[] {
  return sumLevels(pairs.bytes / pairBytes, points);
}

/** How many sums there are at the most in each level, of `entries` in lists of at most `points`. */
function sumLevels(entries: number, points: number): number[] {
  const levels: number[] = [];
  let items = entries;
  for (let longest = points; longest > blockLength; longest = Math.ceil(longest / blockLength) - 1) {
    items = Math.ceil(items / blockLength);
    levels.push(items);
  }
  return levels;
}

/** The bytes of the sums that a splat of so many quads needs. */
export function bytesOfSums({ incidence, points }: Splatted, vertices: number, quads: number): number {
  const rowBytes = quads * quadBytes;
  if (bandsOf(incidence, vertices) > 1) return vertices * (2 * pairBytes + bandSums(points.from) * rowBytes);
  return (
    Math.max(
      1,
      sumRows(incidence, points.from).reduce((sum, rows) => sum + rows, 0),
    ) * rowBytes
  );
}

/**
 * Splats `quads` of channels: result[vertex] = Σ weight·values[point] over the incidence lists. `result` has one row
 * more, of zeros, and `sums`, of `bytesOfSums`, is overwritten. Lists are added up in blocks, by both devices in the
 * same order, so that a list of all points takes no longer than many short ones.
 */
export function* splat(
  { incidence, points }: Splatted,
  values: MapChannels,
  { result, sums }: { readonly result: Storage; readonly sums: Storage },
  { vertices, quads }: { readonly vertices: number; readonly quads: number },
): Work {
  const bands = bandsOf(incidence, vertices);
  if (bands > 1) return yield* splatBands({ incidence, points }, values, { result, sums }, { vertices, quads, bands });
  const { offsets, blockVertices, pairs } = incidence;
  const [first = 0, ...others] = sumRows(incidence, points.from);
  yield planned(kernel, {
    offsets,
    blockVertices,
    incidence: pairs,
    values: values.storage,
    result,
    sums,
    vertices,
    rows: first,
    quads,
    valueQuads: values.rowQuads,
    valueOffset: values.firstQuad,
  });
  let firstRow = 0;
  let blockStride = 1;
  for (let level = 1, rows = first; rows > 0; level++) {
    const nextRows = others[level - 1] ?? 0;
    const lists = { offsets, blockVertices, sums, result };
    yield planned(splatAdd, { ...lists, level, blockStride, firstRow, rows, nextRows, quads });
    firstRow += rows;
    blockStride *= blockLength;
    rows = nextRows;
  }
}

/** Splats band after band, of incidence lists that come in bands, to the bits of whole lists. */
function* splatBands(
  { incidence, points }: Splatted,
  { storage, rowQuads, firstQuad }: MapChannels,
  { result, sums }: { readonly result: Storage; readonly sums: Storage },
  { vertices, quads, bands }: { readonly vertices: number; readonly quads: number; readonly bands: number },
): Work {
  const levels = bandSums(points.from);
  const listBytes = vertices * pairBytes;
  const lists = [view(sums, 0, listBytes), view(sums, listBytes, listBytes)] as const;
  const ofBlocks = view(sums, 2 * listBytes, vertices * levels * quads * quadBytes);
  const rowBytes = rowQuads * quadBytes;
  for (let band = 0; band < bands; band++) {
    const first = band * bandPoints;
    const rows = Math.min(bandPoints, points.from - first);
    const channels = { storage: view(storage, first * rowBytes, rows * rowBytes), rowQuads, firstQuad };
    const state = { result, sums: ofBlocks, levels, lists: lists[band % 2]! };
    const sizes = { vertices, quads, fresh: band === 0, last: band === bands - 1, ahead: rows };
    yield* splatBand(bandOf(incidence, vertices, band), channels, state, lists[(band + 1) % 2]!, sizes);
  }
}

/** How many running sums a vertex needs whose list has `longest` pairs and comes in bands: see kernels/lattice/splat.band.wgsl. */
export function bandSums(longest: number): number {
  const levels = sumLevels(longest, longest).length;
  return levels === 0 ? 0 : levels + 1;
}

/** What a splat by bands has come to. */
export interface BandState {
  /** [vertices + 1, quads]: the sums, of use after the last band. */
  readonly result: Storage;
  /** [rows, levels, quads]: running sums of the vertices with long lists. */
  readonly sums: Storage;
  readonly levels: number;
  /** [vertices] pairs: how many of a vertex's pairs have been added, and its row in `sums`. */
  readonly lists: Storage;
}

/** How much of a band is splatted. */
export interface BandSizes {
  readonly vertices: number;
  readonly quads: number;
  readonly last: boolean;
  /** Whether this is the first band and nobody made `lists`: vertices then have the rows of sums of their own numbers. Default: false. */
  readonly fresh?: boolean;
  /** How many rows of the values are read ahead, where they fit near caches. Default: 0. */
  readonly ahead?: number;
}

/**
 * Splats `quads` of a band's channels, whose incidence lists have the band's points alone, into vertices that have those of the bands before
 * it. After the last one `result` has the bits that `splat` makes of all points. `nextLists` becomes what `lists` has to be for
 * the next band.
 */
export function* splatBand(
  { offsets, pairs }: Incidence,
  values: MapChannels,
  { result, sums, levels, lists }: BandState,
  nextLists: Storage,
  { vertices, quads, last, fresh = false, ahead = 0 }: BandSizes,
): Work {
  yield planned(bandKernel, {
    offsets,
    incidence: pairs,
    values: values.storage,
    lists,
    nextLists,
    result,
    sums,
    vertices,
    fresh: fresh ? 1 : 0,
    last: last ? 1 : 0,
    levels,
    quads,
    valueQuads: values.rowQuads,
    valueOffset: values.firstQuad,
    ahead,
  });
}
