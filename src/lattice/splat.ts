import { splat as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import type { MapChannels } from "../shared/channels.ts";
import type { Incidence } from "./incidence.ts";

/**
 * Splats `quads` of channels: result[vertex] = Σ weight·values[point] over the incidence lists. `result` has one row
 * more, of zeros.
 */
export function* splat(
  { offsets, pairs }: Incidence,
  values: MapChannels,
  result: Storage,
  { vertices, quads }: { readonly vertices: number; readonly quads: number },
): Work {
  yield planned(kernel, {
    offsets,
    incidence: pairs,
    values: values.storage,
    result,
    vertices,
    quads,
    valueQuads: values.rowQuads,
    valueOffset: values.firstQuad,
  });
}
