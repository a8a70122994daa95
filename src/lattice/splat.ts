import { splat as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import type { Incidence } from "./incidence.ts";

/** A block of channels of a map: its quads, and the row length and first quad of the map it is cut from. */
export interface ChannelBlock {
  readonly quads: number;
  readonly rowQuads: number;
  readonly firstQuad: number;
}

/** result[vertex] = Σ weight·values[point] over the incidence lists; `result` has a row more, of zeros. */
export function splat(
  device: Device,
  { offsets, pairs }: Incidence,
  values: Storage,
  result: Storage,
  vertices: number,
  { quads, rowQuads, firstQuad }: ChannelBlock,
): void {
  device.run(kernel, {
    offsets,
    incidence: pairs,
    values,
    result,
    vertices,
    quads,
    valueQuads: rowQuads,
    valueOffset: firstQuad,
  });
}
