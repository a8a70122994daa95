import { splat as kernel, splatAdd } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { pairBytes } from "../shape.ts";
import type { MapChannels } from "../shared/channels.ts";
import { blockLength, type FilterTables, type Incidence } from "./incidence.ts";

/** What is splatted from. */
export type Splatted = Pick<FilterTables, "incidence" | "points">;

/**
 * The rows of the sums of further blocks, level by level: see kernels/lattice/incidence.wgsl. The lists' lengths are known on
 * the device alone, but none is longer than there are points, so that small lattices have no such rows.
 */
function sumRows({ pairs }: Incidence, points: number): number[] {
  const levels: number[] = [];
  let items = pairs.bytes / pairBytes;
  for (let longest = points; longest > blockLength; longest = Math.ceil(longest / blockLength) - 1) {
    items = Math.ceil(items / blockLength);
    levels.push(items);
  }
  return levels;
}

/** How many rows of sums a splat needs in all. */
export const sumRowCount = ({ incidence, points }: Splatted): number =>
  sumRows(incidence, points.from).reduce((sum, rows) => sum + rows, 0);

/**
 * Splats `quads` of channels: result[vertex] = Σ weight·values[point] over the incidence lists. `result` has one row
 * more, of zeros, and `sums`, of `sumRowCount` rows, is overwritten. Lists are added up in blocks, by both devices in the
 * same order, so that a list of all points takes no longer than many short ones.
 */
export function* splat(
  { incidence, points }: Splatted,
  values: MapChannels,
  { result, sums }: { readonly result: Storage; readonly sums: Storage },
  { vertices, quads }: { readonly vertices: number; readonly quads: number },
): Work {
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
