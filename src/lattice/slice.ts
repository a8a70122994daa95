import { slice as kernel, sliceDots, sliceScale } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import type { ChannelBlock } from "./splat.ts";

/** α = 1/(1 + 2^−d): undoes the gain of the blur. */
export const sliceFactor = (dimensions: number): number => 1 / (1 + 2 ** -dimensions);

/** result[point] = α·Σ_r weight·values[vertex]; see normalization.ts for weights that carry the normalization. */
export function slice(
  device: Device,
  simplices: Storage,
  values: Storage,
  result: Storage,
  { points, dimensions }: { readonly points: number; readonly dimensions: number },
  { quads, rowQuads, firstQuad }: ChannelBlock,
): void {
  device.run(kernel, {
    simplices,
    values,
    result,
    points,
    quads,
    resultQuads: rowQuads,
    resultOffset: firstQuad,
    factor: sliceFactor(dimensions),
    dimensions,
  });
}

/** result = the simplices with every weight multiplied by its point's factor: normalization folded into the slice. */
export function scaleSimplices(
  device: Device,
  simplices: Storage,
  factors: Storage,
  result: Storage,
  dimensions: number,
): void {
  const entries = simplices.bytes / 8;
  device.run(sliceScale, { simplices, factors, result, entries, dimensions });
}

/**
 * dots[point, vertex] += factor·(values of the vertex · those of the point in `other`): what a slice's weights get of a
 * gradient, α left out. `factors`: one a point, or none for 1.
 */
export function addDots(
  device: Device,
  simplices: Storage,
  values: Storage,
  other: Storage,
  factors: Storage | undefined,
  dots: Storage,
  dimensions: number,
  { quads, rowQuads, firstQuad }: ChannelBlock,
): void {
  const entries = simplices.bytes / 8;
  device.run(sliceDots, {
    simplices,
    values,
    other,
    // Unread, and any storage but the one written will do.
    factors: factors ?? simplices,
    dots,
    entries,
    quads,
    otherQuads: rowQuads,
    otherOffset: firstQuad,
    scaled: factors ? 1 : 0,
    dimensions,
  });
}
