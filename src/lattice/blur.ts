import { blur as kernel, blurChains } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { type Planned, planned, type Work } from "../device/work.ts";
import { chainsOf } from "./chains.ts";
import { axisOf } from "./neighbors.ts";
import type { VertexTables } from "./points.ts";

/** One of the blurs of a filter: along which axis, of what and to where; or its adjoint. */
export interface AxisBlur {
  readonly axis: number;
  readonly values: Storage;
  readonly result: Storage;
  readonly vertices: number;
  readonly quads: number;
  readonly transpose: boolean;
}

/** Plans a blur along one axis. */
export type AlongAxis = (of: AxisBlur) => Planned;

interface BlurOptions {
  readonly vertices: number;
  readonly dimensions: number;
  readonly quads: number;
  readonly transpose: boolean;
  readonly along?: AlongAxis;
}

/** Whether blurs of a lattice need no map but the one they blur: those by the Gaussian where there are chains. */
export const isInPlace = ({ chains }: VertexTables, along?: AlongAxis): boolean => chains !== undefined && !along;

/**
 * Blurs along all d + 1 axes, 0…d, or d…0 for the adjoint: in place where that is possible, or else from `values` to `spare` and back in turn.
 * @returns the one that holds the result.
 */
export function* blur(
  device: Device,
  tables: VertexTables,
  { values, spare }: { readonly values: Storage; readonly spare?: Storage },
  { vertices, dimensions, quads, transpose, along }: BlurOptions,
): Work<Storage> {
  const inPlace = isInPlace(tables, along);
  let [from, result] = [values, spare!];
  for (let step = 0; step <= dimensions; step++) {
    const axis = transpose ? dimensions - step : step;
    if (inPlace) {
      yield planned(blurChains, { chains: chainsOf(device, tables.chains!, axis, vertices), values, vertices, quads });
      continue;
    }
    // The Gaussian is its own adjoint and the same along all axes.
    yield along
      ? along({ axis, transpose, values: from, result, vertices, quads })
      : planned(kernel, {
          neighbors: axisOf(device, tables.neighbors!, axis, vertices),
          values: from,
          result,
          vertices,
          quads,
        });
    [from, result] = [result, from];
  }
  return from;
}
