import { channels as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { quadBytes } from "../shape.ts";

/** A range of a map's channels: the storage, the length of its rows and the first channel, both in quads. */
export interface MapChannels {
  readonly storage: Storage;
  readonly rowQuads: number;
  readonly firstQuad: number;
}

/** Returns all channels of a map with rows of `rowQuads`. */
export const allChannels = (storage: Storage, rowQuads: number): MapChannels => ({ storage, rowQuads, firstQuad: 0 });

/** Copies `quads` quads of channels of every row from one map into another. */
export function copyChannels(device: Device, from: MapChannels, to: MapChannels, rows: number, quads: number): void {
  for (const range of rowRanges(device, rows, Math.max(from.rowQuads, to.rowQuads) * quadBytes)) {
    device.run(kernel, {
      values: range.of(from.storage, from.rowQuads * quadBytes),
      result: range.of(to.storage, to.rowQuads * quadBytes),
      rows: range.rows,
      quads,
      valueQuads: from.rowQuads,
      valueOffset: from.firstQuad,
      resultQuads: to.rowQuads,
      resultOffset: to.firstQuad,
    });
  }
}
