import { resize } from "../nn/resize.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Brings a map [h, w, c] to `size`: it is halved while it is more than twice as large, so that every pixel counts (half the
 * size by bilinear interpolation is the mean of four pixels), and interpolated then. Disposes of `map` unless it fits.
 */
export function fit(map: Tensor, size: readonly [height: number, width: number]): Tensor {
  const [height, width] = map.shape as [number, number, number];
  if (height === size[0] && width === size[1]) return map;
  const half = (extent: number, wanted: number): number => (extent > 2 * wanted ? Math.ceil(extent / 2) : extent);
  const halved = [half(height, size[0]), half(width, size[1])] as const;
  const last = halved[0] === height && halved[1] === width;
  using _former = map;
  const next = resize(map, last ? size : halved);
  return last ? next : fit(next, size);
}
