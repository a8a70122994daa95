import { planeEmbed, planeMark, planeVertices } from "../../build/kernels.ts";
import { type Storage, view } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { Workspace } from "../device/workspace.ts";
import { pairBytes } from "../shape.ts";
import { scan } from "../shared/scan.ts";
import type { Tensor } from "../tensor.ts";
import { elevationFactorsOf, keyRange } from "./embed.ts";
import { allocateIncidence, scatterIncidence } from "./incidence.ts";
import { axisLength, neighborBytes } from "./neighbors.ts";
import type { LatticeParts } from "./points.ts";

/** So many cells there may be for however few points. */
const fewCells = 4096;

/**
 * The box of all keys of the points of a plane, cut into a cell for each as plane.embed.wgsl describes it. Where it is small, nothing
 * is hashed, sorted or looked for, and vertices are in the order of their cells. (Measured: by the sum of their coordinates first a filter's splat of a picture takes
 * 2.0 ms, and by w_0 first, as keys are sorted elsewhere, 3.0 ms.)
 */
export interface Plane {
  readonly cells: number;
  readonly imageCells: number;
  readonly stride: number;
  readonly origin: number;
  readonly factor0: number;
  readonly factor1: number;
  /** How far the features reach below and above zero, the first and the second. */
  readonly left: number;
  readonly right: number;
  readonly up: number;
  readonly down: number;
}

/**
 * The box of the keys of points whose features reach so far. Undefined where it has more cells than there are entries, or where some
 * feature may have no key.
 */
export function planeOf(reaches: Float32Array, images: number, entries: number): Plane | undefined {
  const [left, right, up, down] = reaches as unknown as [number, number, number, number];
  const [factor0, factor1] = elevationFactorsOf(2) as unknown as [number, number];
  const [x0, x1, y0, y1] = [left * factor0, right * factor0, up * factor1, down * factor1];
  // How far both elevated coordinates reach below and above zero. The third is their sum, and keys have thirds of them.
  const elevated = [x0 + y0, x1 + y1, x1 + y0, x0 + y1];
  // NaN is not below anything.
  if (!elevated.every((reach) => Math.abs(reach) < keyRange)) return undefined;
  const [backSum, forthSum, back0, forth0] = [2 * y0, 2 * y1, x0 + y0, x1 + y1].map((reach) =>
    Math.ceil(reach / 3),
  ) as [number, number, number, number];
  // A vertex' w_0 lies up to 5/3 below a third of its points' elevated coordinate and up to 1 above; the sum, by the third coordinate,
  // up to 7/3 below and 1 above. A step moves w_0 by 1 and the sum by 2.
  const stride = 3 * (back0 + forth0 + 6);
  const imageCells = stride * (backSum + forthSum + 10);
  const cells = imageCells * images;
  if (cells > Math.max(entries, fewCells)) return undefined;
  const origin = (backSum + 5) * stride + (back0 + 3) * 3;
  return { cells, imageCells, stride, origin, factor0, factor1, left, right, up, down };
}

/** A lattice of points in a plane up to where the number of its vertices has to be known. */
export interface PlaneBegun {
  /** Four words, as of tables, of which the last is the number of vertices. */
  readonly status: Storage;
  finish(vertices: number): Work<LatticeParts>;
}

/** Embeds the points of a plane and numbers the vertices. */
export function* beginPlane(workspace: Workspace, features: Tensor, plane: Plane): Work<PlaneBegun> {
  const { device, rows: points, shape } = features;
  const { cells, ...box } = plane;
  const entries = points * 3;
  const simplices = workspace.allocate(entries * pairBytes);
  const coordinateRanks = workspace.allocate(points * 4);
  const imagePoints = shape.at(-2)!;
  yield planned(planeEmbed, { features: features.storage, simplices, coordinateRanks, points, imagePoints, ...box });
  const numbers = workspace.zeros((cells + 1) * 4);
  yield planned(planeMark, { simplices, flags: numbers, entries });
  yield* scan(device, numbers, cells + 1);
  const status = workspace.zeros(16);
  device.copy(view(numbers, cells * 4, 4), view(status, 12, 4));

  function* finish(vertices: number): Work<LatticeParts> {
    const neighbors = workspace.allocate(neighborBytes(device, vertices, 2));
    const incidence = allocateIncidence(workspace, entries, vertices);
    const { stride } = box;
    yield planned(planeVertices, {
      numbers,
      neighbors,
      cells,
      stride,
      vertices,
      axisLength: axisLength(device, vertices),
    });
    yield* scatterIncidence(device, simplices, incidence, vertices, 2, { numbers });
    workspace.release(numbers);
    return { simplices, neighbors, incidence, coordinateRanks };
  }
  return { status, finish };
}
