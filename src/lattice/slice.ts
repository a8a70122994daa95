import { slice as kernel, sliceDots, sliceNormalize } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { pairBytes } from "../shape.ts";
import type { MapChannels } from "../shared/channels.ts";

/** α = 1/(1 + 2^−d): undoes the gain of the blur. */
export const sliceFactor = (dimensions: number): number => 1 / (1 + 2 ** -dimensions);

/** result[point] = α·Σ_r weight·values[vertex], `quads` of channels; see normalization.ts for weights that carry the normalization. */
export function slice(
  device: Device,
  simplices: Storage,
  values: Storage,
  result: MapChannels,
  { points, dimensions, quads }: { readonly points: number; readonly dimensions: number; readonly quads: number },
): void {
  device.run(kernel, {
    simplices,
    values,
    result: result.storage,
    points,
    quads,
    resultQuads: result.rowQuads,
    resultOffset: result.firstQuad,
    factor: sliceFactor(dimensions),
    dimensions,
  });
}

/** result = the simplices with every weight multiplied by its point's factor: normalization folded into the slice. */
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

/** What `addDots` reads and writes. */
export interface DotProducts {
  readonly simplices: Storage;
  /** Of the vertices, [vertices + 1, quads]. */
  readonly values: Storage;
  /** Of the points. */
  readonly other: MapChannels;
  /** One a point, or none for 1. */
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
