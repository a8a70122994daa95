import { blur as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { type Planned, planned, type Work } from "../device/work.ts";
import { axisOf } from "./neighbors.ts";

/** One of the blurs of a filter: along which axis, of what and to where; or its adjoint. */
export interface AxisBlur {
  readonly axis: number;
  /** Those of this axis. */
  readonly neighbors: Storage;
  readonly values: Storage;
  readonly result: Storage;
  readonly vertices: number;
  readonly quads: number;
  readonly transpose: boolean;
}

/** Plans a blur along one axis. */
export type AlongAxis = (of: AxisBlur) => Planned;

/** By the Gaussian, which is its own adjoint and the same along all axes. */
const byGaussian: AlongAxis = ({ axis: _axis, transpose: _transpose, ...args }) => planned(kernel, args);

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
    along = byGaussian,
  }: { vertices: number; dimensions: number; quads: number; transpose: boolean; along?: AlongAxis },
): Work<Storage> {
  let values = from;
  let result = spare;
  for (let step = 0; step <= dimensions; step++) {
    const axis = transpose ? dimensions - step : step;
    const ofAxis = axisOf(device, neighbors, axis, vertices);
    yield along({ axis, neighbors: ofAxis, values, result, vertices, quads, transpose });
    [values, result] = [result, values];
  }
  return values;
}
