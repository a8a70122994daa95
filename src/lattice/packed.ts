import { fill, packedEmbed } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { vertexTables } from "./chains.ts";
import { coordinateRankWords, elevationFactorsOf, keyRange } from "./embed.ts";
import { allocateIncidence, chooseBands, renumber, scatterIncidence } from "./incidence.ts";
import { mergeNeighbors, neighborBytes } from "./neighbors.ts";
import { orderPacked, type Packing, packingOf } from "./order.ts";
import type { LatticeParts, PointTables } from "./points.ts";

/** How keys are packed of points whose features reach so far below and above zero. */
export interface ReachPacking extends Packing {
  readonly reaches: Float32Array;
}

/**
 * On WASM the keys of vertices are packed into 64 bits from the start where that suffices for all features reach, which is known
 * beforehand. So a key is compared at once and stands in the table itself, and nothing has to be kept of each entry but its vertex.
 * @returns how the keys of points whose features reach so far are packed; undefined where 64 bits do not suffice, or some feature may have no key
 */
export function packingOfReaches(reaches: Float32Array, images: number): ReachPacking | undefined {
  const dimensions = reaches.length / 2;
  const factors = elevationFactorsOf(dimensions);
  // How far elevated coordinates reach, in units of d + 1; the last ones first.
  let [backSum, forthSum] = [0, 0];
  const elevated: [number, number][] = [];
  for (let j = dimensions; j > 0; j--) {
    const [back, forth] = [0, 1].map((side) => (reaches[2 * j - 2 + side]! * factors[j - 1]!) / (dimensions + 1)) as [
      number,
      number,
    ];
    elevated.push([backSum + j * forth, forthSum + j * back]);
    backSum += back;
    forthSum += forth;
  }
  elevated.push([backSum, forthSum]);
  // NaN is not below anything.
  if (!elevated.flat().every((reach) => Math.abs(reach) < keyRange - 4)) return undefined;
  // A vertex lies less than d from its points on each axis, and its remainder is d at the most; rounding adds less than a tenth.
  const ranges = elevated
    .reverse()
    .flatMap(([back, forth]) => [0x7fff + Math.ceil(back + 0.1) + 2, 0x8000 + Math.floor(forth + 0.1) + 1]);
  const packing = packingOf(Uint32Array.from(ranges), dimensions, images);
  return packing.whole ? { ...packing, reaches } : undefined;
}

/** Number of slots for points: photographs have 0.1 to 0.8 vertices a point. A table for few points has some to spare. */
export const packedCapacity = (points: number): number => 2 ** Math.ceil(Math.log2(Math.max(points, 512)));

/** What is known of points before their vertices are in order. */
export interface PackedPoints {
  readonly packing: ReachPacking;
  readonly capacity: number;
  /** Its last two words tell whether the table was too small, and how many vertices there are. */
  readonly status: Storage;
  readonly packedKeys: Storage;
  /** Of each set of points. */
  readonly tables: readonly PointTables[];
}

/** Embeds sets of points and gives their vertices numbers, by a table of so many slots. */
export function* numberPacked(
  workspace: Workspace,
  sets: readonly Tensor[],
  packing: ReachPacking,
  capacity: number,
): Work<PackedPoints> {
  const [{ channels: dimensions }] = sets as [Tensor];
  const tables = sets.map(({ rows }) => ({
    simplices: workspace.allocate(rows * (dimensions + 1) * pairBytes),
    coordinateRanks: workspace.allocate(rows * coordinateRankWords(dimensions) * 4),
  }));
  const status = workspace.zeros(16);
  const packedKeys = workspace.allocate(capacity * 8);
  const table = workspace.allocate(capacity * 16);
  yield planned(fill, { values: table, count: capacity * 4, value: 0 });
  const elevation = workspace.store(Float32Array.of(...elevationFactorsOf(dimensions), ...packing.reaches));
  const fields = workspace.store(packing.fields);
  for (const [i, { storage: features, rows: points, shape }] of sets.entries()) {
    const { simplices, coordinateRanks } = tables[i]!;
    yield planned(packedEmbed, {
      features,
      elevation,
      fields,
      coordinateRanks,
      simplices,
      table,
      packedKeys,
      status,
      points,
      imagePoints: shape.at(-2)!,
      slotMask: capacity - 1,
      dimensions,
    });
  }
  for (const done of [table, elevation, fields]) workspace.release(done);
  return { packing, capacity, status, packedKeys, tables };
}

/** Makes the rest of the tables, where the table of slots was large enough. */
export function* finishPacked(
  device: Device,
  workspace: Workspace,
  { packing, packedKeys, tables }: PackedPoints,
  vertices: number,
  dimensions: number,
): Work<{ readonly parts: LatticeParts; readonly other?: PointTables }> {
  const { vertexKeys, numbers } = yield* orderPacked(device, workspace, packedKeys, packing.bits, vertices);
  const neighbors = workspace.allocate(neighborBytes(device, vertices, dimensions));
  yield* mergeNeighbors(device, vertexKeys, packing, neighbors, vertices, dimensions);
  workspace.release(vertexKeys);
  const ofVertices = yield* vertexTables(device, workspace, neighbors, vertices, dimensions);
  const [own, other] = tables as [PointTables, PointTables?];
  if (other) yield* renumber(device, other.simplices, numbers, vertices);
  const { simplices } = own;
  const entries = simplices.bytes / pairBytes;
  const bands = chooseBands(device, entries / (dimensions + 1), vertices, dimensions);
  const incidence = allocateIncidence(workspace, entries, vertices, bands);
  yield* scatterIncidence(device, simplices, incidence, vertices, dimensions, { numbers, bands });
  workspace.release(numbers);
  return { parts: { ...own, ...ofVertices, incidence }, other };
}
