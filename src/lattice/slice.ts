import { slice as kernel, sliceDots, sliceNormalize } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { pairBytes } from "../shape.ts";
import type { MapChannels } from "../shared/channels.ts";

/** The slice factor α = 1/(1 + 2^−d), which undoes the gain of the blur. */
export const sliceFactor = (dimensions: number): number => 1 / (1 + 2 ** -dimensions);

/**
 * Slices `quads` of channels: result[point] = α·Σ_r weight·values[vertex]. The weights may include the normalization
 * (see normalization.ts), and the factor stand in another place.
 */
export function slice(
  device: Device,
  simplices: Storage,
  values: Storage,
  result: MapChannels,
  { points, dimensions, quads }: { readonly points: number; readonly dimensions: number; readonly quads: number },
  factor = sliceFactor(dimensions),
): void {
  device.run(kernel, {
    simplices,
    values,
    result: result.storage,
    points,
    quads,
    resultQuads: result.rowQuads,
    resultOffset: result.firstQuad,
    factor,
    dimensions,
  });
}

/**
 * Copies the simplices with every barycentric weight multiplied by its point's normalization factor, so that the slice
 * includes the normalization.
 */
export function normalizeSimplices(
  device: Device,
  simplices: Storage,
  factors: Storage,
  result: Storage,
  dimensions: number,
): void {
  const entries = simplices.bytes / pairBytes;
  device.run(sliceNormalize, { simplices, factors, result, entries, dimensions });
}

/** The arguments of `addDots`. */
export interface DotProducts {
  readonly simplices: Storage;
  /** The values of the vertices, [vertices + 1, quads]. */
  readonly values: Storage;
  /** The values of the points. */
  readonly other: MapChannels;
  /** One factor for each point; undefined if all are 1. */
  readonly factors: Storage | undefined;
  readonly dots: Storage;
  readonly dimensions: number;
  readonly quads: number;
}

/**
 * dots[point, vertex] += factor·(values of the vertex · values of the point in `other`). This is the gradient of the
 * slice's barycentric weights, without the factor α. `factors` has one number for each point; without it all are 1.
 */
export function addDots(
  device: Device,
  { simplices, values, other, factors, dots, dimensions, quads }: DotProducts,
): void {
  device.run(sliceDots, {
    simplices,
    values,
    other: other.storage,
    // This binding is not read. Any storage except the one that is written may stand here.
    factors: factors ?? simplices,
    dots,
    entries: simplices.bytes / pairBytes,
    quads,
    otherQuads: other.rowQuads,
    otherOffset: other.firstQuad,
    normalized: factors ? 1 : 0,
    dimensions,
  });
}
