import { slice as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import type { ChannelBlock } from "./splat.ts";

/** α = 1/(1 + 2^−d): undoes the gain of the blur. */
export const sliceFactor = (dimensions: number): number => 1 / (1 + 2 ** -dimensions);

/** result[point] = α·Σ_r weight·values[vertex], times `norms[point]` if given. */
export function slice(
  device: Device,
  { vertices, weights }: { vertices: Storage; weights: Storage },
  values: Storage,
  result: Storage,
  { points, dimensions, norms }: { points: number; dimensions: number; norms?: Storage },
  { quads, rowQuads, firstQuad }: ChannelBlock,
): void {
  device.run(kernel, points * quads, {
    vertices,
    weights,
    values,
    norms: norms ?? weights,
    result,
    points,
    quads,
    resultQuads: rowQuads,
    resultOffset: firstQuad,
    factor: sliceFactor(dimensions),
    normalize: norms ? 1 : 0,
    dimensions,
  });
}
