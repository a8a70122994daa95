import { embed as kernel, embedPullback } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";
import { LimitError, ValueError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Number of words in a vertex's key, which holds d coordinates of 16 bits, the remainder and the number of the image in
 * its batch.
 */
export const keyWords = (dimensions: number): number => Math.floor(dimensions / 2) + 1;

/** The number of words that hold the coordinate ranks of a point, four bits for each of its d + 1 coordinates. */
export const coordinateRankWords = (dimensions: number): number => Math.ceil((dimensions + 1) / 8);

/**
 * Number of images that a key can tell apart: what the remainder leaves of the 16 bits (odd d) or 32 bits (even d) that
 * they share.
 */
export const mostImages = (dimensions: number): number => 2 ** (dimensions % 2 === 1 ? 12 : 28);

/** The largest magnitude of a coordinate in a vertex's key, in units of d + 1. */
export const keyRange = 32766;

/** Returns √(2/3)·(d+1) / √((i+1)(i+2)) for i = 0…d−1, by which elevation multiplies feature i (Adams et al. 2010). */
export function elevationFactorsOf(dimensions: number): Float32Array {
  return Float32Array.from(
    { length: dimensions },
    (_, i) => (Math.sqrt(2 / 3) * (dimensions + 1)) / Math.sqrt((i + 1) * (i + 2)),
  );
}

/** The tables that `embed` writes. kernels/lattice/embed.wgsl describes the keys, the coordinate ranks and `status`. */
export interface Embedded {
  readonly keys: Storage;
  readonly barycentric: Storage;
  readonly coordinateRanks: Storage;
  readonly status: Storage;
}

/**
 * Queues the kernel that finds the keys and the barycentric weights of the d + 1 vertices of every point. `firstPoint` is
 * the number of the first one among all points of the lattice, for which the tables are.
 */
export function* embed(
  device: Device,
  features: Tensor,
  imagePoints: number,
  embedded: Embedded,
  firstPoint = 0,
): Work {
  const points = features.rows;
  const dimensions = features.channels;
  using workspace = new Workspace(device);
  const elevationFactors = workspace.store(elevationFactorsOf(dimensions));
  const sizes = { points, imagePoints, firstPoint, dimensions };
  yield planned(kernel, { features: features.storage, elevationFactors, ...embedded, ...sizes });
}

/**
 * Computes the gradient of the features from the dot products of both halves of a filter's gradient. `factor` is the
 * slice factor α.
 */
export function pullBackEmbed(
  features: Tensor,
  coordinateRanks: Storage,
  { valueDots, gradientDots }: { readonly valueDots: Storage; readonly gradientDots: Storage },
  factor: number,
): Tensor {
  const { device, rows: points, channels: dimensions } = features;
  using workspace = new Workspace(device);
  const elevationFactors = workspace.store(elevationFactorsOf(dimensions));
  const result = device.empty(features.shape);
  device.run(embedPullback, {
    coordinateRanks,
    elevationFactors,
    valueDots,
    gradientDots,
    result: result.storage,
    points,
    factor: factor / (dimensions + 1),
    dimensions,
  });
  return result;
}

/**
 * Throws the error that `embed` reported in `status`, if any. `sets` has the features of a lattice's points and, if there
 * are any, those of its other points.
 * @throws ValueError for a feature that is not finite, LimitError for one beyond the range of keys
 */
export async function checkEmbedded(sets: readonly Tensor[], [notFinite, outOfRange]: Uint32Array): Promise<void> {
  if (!notFinite && !outOfRange) return;
  const first = ~(notFinite || outOfRange!) >>> 0;
  const ofOther = first >= sets[0]!.rows;
  const features = sets[ofOther ? 1 : 0]!;
  const pointNamed = (point: number): string => `${ofOther ? "other " : ""}point ${point}`;
  const dimensions = features.channels;
  const values = await features.read();
  if (notFinite) {
    const point = ofOther ? first - sets[0]!.rows : first;
    const feature = values
      .subarray(point * dimensions, (point + 1) * dimensions)
      .findIndex((value) => !Number.isFinite(value));
    throw new ValueError({
      where: "buildLattice",
      expected: "finite features",
      got: `${values[point * dimensions + feature]} as feature ${feature} of ${pointNamed(point)}`,
      remedy: "check the guide and the bandwidths",
    });
  }
  const elevationFactors = elevationFactorsOf(dimensions);
  let worst = { feature: 0, point: 0, reach: 0 };
  values.forEach((value, index) => {
    // A feature changes an elevated coordinate by at most d times its scaled value. The key stores coordinates in units
    // of d + 1, so a feature moves them by less than its scaled value, and all d features together by less than d times
    // the largest.
    const reach = Math.abs(value) * elevationFactors[index % dimensions]!;
    if (reach > worst.reach) worst = { feature: index % dimensions, point: Math.floor(index / dimensions), reach };
  });
  const factor = ((worst.reach * dimensions) / keyRange).toPrecision(3);
  throw new LimitError({
    where: "buildLattice",
    expected: `lattice keys within ±${keyRange}`,
    got: `feature ${worst.feature} of ${pointNamed(worst.point)} is ${values[worst.point * dimensions + worst.feature]}`,
    remedy: `divide feature ${worst.feature} by a bandwidth at least ${Number(factor)} times as large`,
  });
}
