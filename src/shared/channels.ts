import { channels as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { rowWindows } from "../device/windows.ts";

/** A block of channels of a map: the map's row length and the block's first channel, in quads. */
export interface BlockOfMap {
  readonly storage: Storage;
  readonly rowQuads: number;
  readonly firstQuad: number;
}

/** Copies `quads` quads of channels of every row from one map into another. */
export function copyChannels(device: Device, from: BlockOfMap, to: BlockOfMap, rows: number, quads: number): void {
  for (const window of rowWindows(device, rows, Math.max(from.rowQuads, to.rowQuads) * 16)) {
    device.run(kernel, {
      values: window.of(from.storage, from.rowQuads * 16),
      result: window.of(to.storage, to.rowQuads * 16),
      rows: window.rows,
      quads,
      valueQuads: from.rowQuads,
      valueOffset: from.firstQuad,
      resultQuads: to.rowQuads,
      resultOffset: to.firstQuad,
    });
  }
}
