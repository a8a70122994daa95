import { planeEmbed, planeRanges, planeScatter, planeVertices, sortCount } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import { scan } from "../shared/scan.ts";
import { sortBlocks } from "../shared/sort.ts";
import type { Tensor } from "../tensor.ts";
import { elevationFactorsOf, keyRange } from "./embed.ts";
import { allocateIncidence, type Incidence } from "./incidence.ts";
import { axisLength, neighborBytes } from "./neighbors.ts";
import type { PointTables } from "./points.ts";

/**
 * Which devices give each vertex of a plane a cell, if the points lie close enough. The vertices then have the numbers that
 * `orderVertices` gives them, which is what the other devices do without; and nothing is hashed, sorted or looked for.
 */
const hasCells = { wasm: true, webgpu: false };

/** So many cells there may be for however few points: two pages of numbers cost less than anything else. */
const fewCells = 4096;

/** The box of all keys of the points of a plane, cut into a cell for each: plane.embed.wgsl describes it. */
export interface Plane {
  readonly cells: number;
  readonly imageCells: number;
  readonly stride: number;
  readonly origin: number;
}

/** What plane.ranges wrote of one end of a feature's range. */
const floatOf = (ordered: number): number =>
  new Float32Array(Uint32Array.of(ordered >>> 31 ? ordered ^ 0x80000000 : ~ordered).buffer)[0]!;

/**
 * The box of the keys of points whose features have these ranges. Undefined where it has more cells than there are entries, or
 * where a feature may be none that has a key.
 */
export function planeOf(ranges: Uint32Array, images: number, entries: number): Plane | undefined {
  const [kx, ky] = elevationFactorsOf(2) as unknown as [number, number];
  // All that `embed` does to a feature up to where it rounds is monotonous, so the ends of a range lead to the ends of another.
  const [left, right] = [~ranges[0]!, ranges[1]!].map((end) => Math.fround(floatOf(end) * kx)) as [number, number];
  const [top, bottom] = [~ranges[2]!, ranges[3]!].map((end) => Math.fround(floatOf(end) * ky)) as [number, number];
  const third = Math.fround(1 / 3);
  const spans = [
    [top + left, bottom + right],
    [top - right, bottom - left],
    [-2 * bottom, -2 * top],
  ].map(([low, high]) => [
    Math.floor(Math.fround(Math.fround(low!) * third)),
    Math.ceil(Math.fround(Math.fround(high!) * third)),
  ]) as [number, number][];
  // NaN is not below anything.
  if (!spans.every(([low, high]) => -low < keyRange && high < keyRange)) return undefined;
  // A rounded coordinate moves by one at most, a vertex lies one lower at most, and there is a row to spare on either side.
  const [[x, width], [y, height]] = spans.map(([low, high]) => [low - 3, high - low + 6]) as [number, number][] as [
    [number, number],
    [number, number],
  ];
  const stride = 3 * height;
  const imageCells = stride * width;
  const cells = imageCells * images;
  if (cells > Math.max(entries, fewCells)) return undefined;
  return { cells, imageCells, stride, origin: -x * stride - 3 * y };
}

/** Finds how the vertices of points get cells, if they do. */
export async function findPlane(
  features: Tensor,
  images: number,
  perform: <Result>(work: Work<Result>) => Promise<Result>,
): Promise<Plane | undefined> {
  const { device, rows: points, channels } = features;
  if (channels !== 2 || !hasCells[device.kind]) return undefined;
  using workspace = new Workspace(device);
  const ranges = workspace.zeros(16);
  await perform(findRanges(features, ranges));
  return planeOf(new Uint32Array(await device.read(ranges)), images, points * 3);
}

function* findRanges({ storage: features, rows: points }: Tensor, ranges: Storage): Work {
  yield planned(planeRanges, { features, ranges, points });
}

/** The points of a plane up to where the number of their vertices has to be known. */
export interface EmbeddedPlane {
  readonly plane: Plane;
  readonly cells: Storage;
  readonly barycentric: Storage;
  readonly coordinateRanks: Storage;
  /** [cells + 1]: how many vertices have cells before each. */
  readonly numbers: Storage;
  /** Four words, of which the last is the number of vertices, as in `insertKeys`. */
  readonly status: Storage;
}

/** Embeds the points and numbers the vertices. */
export function* embedPlane(workspace: Workspace, features: Tensor, plane: Plane): Work<EmbeddedPlane> {
  const { device, rows: points, storage } = features;
  const { cells: count, imageCells, stride, origin } = plane;
  const numbers = workspace.zeros((count + 1) * 4);
  const status = workspace.zeros(16);
  const coordinateRanks = workspace.allocate(points * 4);
  const [cells, barycentric] = [workspace.allocate(points * 12), workspace.allocate(points * 12)];
  const [factor0, factor1] = elevationFactorsOf(2) as unknown as [number, number];
  const imagePoints = features.shape.at(-2)!;
  const sizes = { points, imagePoints, imageCells, stride, origin, factor0, factor1 };
  const tables = { cells, barycentric, coordinateRanks };
  yield planned(planeEmbed, { features: storage, ...tables, flags: numbers, ...sizes });
  yield* scan(device, numbers, count + 1);
  device.copy(view(numbers, count * 4, 4), view(status, 12, 4));
  return { plane, ...tables, numbers, status };
}

/** Makes the tables of a lattice whose points have been embedded. */
export function* finishPlane(
  device: Device,
  workspace: Workspace,
  { plane, cells, barycentric, coordinateRanks, numbers }: EmbeddedPlane,
  vertices: number,
): Work<PointTables & { readonly neighbors: Storage; readonly incidence: Incidence }> {
  const entries = cells.bytes / 4;
  const blocks = sortBlocks(device, entries);
  const counters = plane.cells * blocks.blocks;
  const starts = workspace.zeros(counters * 4);
  yield planned(sortCount, { keys: cells, counts: starts, count: entries, ...blocks, shift: 0, digitMask: 0xffffffff });
  yield* scan(device, starts, counters);

  const neighbors = workspace.allocate(neighborBytes(device, vertices, 2));
  const incidence = allocateIncidence(workspace, entries, vertices);
  const { offsets, blockVertices, pairs } = incidence;
  yield planned(planeVertices, {
    ...{ numbers, starts, neighbors, offsets, blockVertices },
    ...{ cells: plane.cells, stride: plane.stride, blocks: blocks.blocks, entries, vertices },
    axisLength: axisLength(device, vertices),
  });

  const simplices = workspace.allocate(entries * pairBytes);
  yield planned(planeScatter, { cells, barycentric, numbers, starts, incidence: pairs, simplices, entries, ...blocks });
  for (const done of [cells, barycentric, numbers, starts]) workspace.release(done);
  return { simplices, neighbors, incidence, coordinateRanks };
}
