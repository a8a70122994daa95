import { blur as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { axisOf } from "./neighbors.ts";

/**
 * Blurs along all d + 1 axes, 0…d, or d…0 for the adjoint. `from` and `spare` are read and written in turn.
 * @returns the one that holds the result.
 */
export function* blur(
  device: Device,
  neighbors: Storage,
  from: Storage,
  spare: Storage,
  {
    vertices,
    dimensions,
    quads,
    transpose,
  }: { vertices: number; dimensions: number; quads: number; transpose: boolean },
): Work<Storage> {
  let values = from;
  let result = spare;
  for (let step = 0; step <= dimensions; step++) {
    const axis = transpose ? dimensions - step : step;
    yield planned(kernel, {
      neighbors: axisOf(device, neighbors, axis, vertices),
      values,
      result,
      vertices,
      quads,
    });
    [values, result] = [result, values];
  }
  return values;
}
