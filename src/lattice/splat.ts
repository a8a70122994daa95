import { splat as kernel, splatAdd, splatBand as bandKernel, splatNear } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { pairBytes, quadBytes } from "../shape.ts";
import type { MapChannels } from "../shared/channels.ts";
import { bandsOf, blockLength, type FilterTables, type Incidence } from "./incidence.ts";

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
export function bytesOfSums({ incidence, points }: Splatted, quads: number): number {
  const rows = sumRows(incidence, points.from).reduce((sum, ofLevel) => sum + ofLevel, 0);
  return Math.max(1, rows) * quads * quadBytes;
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
  const { offsets, blockVertices, pairs } = incidence;
  const { storage, rowQuads: valueQuads, firstQuad: valueOffset } = values;
  const { from } = points;
  const levels = sumRows(incidence, from);
  const bands = bandsOf(incidence, vertices);
  // Arguments are written out: to spread objects into them takes 0.02 ms of a filter whose host code was not run just before, of 0.25.
  if (bands === 1) {
    yield planned(kernel, {
      offsets,
      blockVertices,
      incidence: pairs,
      values: storage,
      result,
      sums,
      vertices,
      points: from,
      rows: levels[0] ?? 0,
      quads,
      valueQuads,
      valueOffset,
    });
  }
  for (let band = 0; bands > 1 && band < bands; band++) {
    yield planned(splatNear, {
      offsets,
      incidence: pairs,
      values: storage,
      result,
      sums,
      vertices,
      points: from,
      band,
      quads,
      valueQuads,
      valueOffset,
    });
  }
  let firstRow = 0;
  let blockStride = 1;
  for (const [i, rows] of levels.entries()) {
    const nextRows = levels[i + 1] ?? 0;
    yield planned(splatAdd, {
      offsets,
      blockVertices,
      sums,
      result,
      level: i + 1,
      blockStride,
      firstRow,
      rows,
      nextRows,
      quads,
    });
    firstRow += rows;
    blockStride *= blockLength;
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
  { vertices, quads, last }: { readonly vertices: number; readonly quads: number; readonly last: boolean },
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
    last: last ? 1 : 0,
    levels,
    quads,
    valueQuads: values.rowQuads,
    valueOffset: values.firstQuad,
  });
}
