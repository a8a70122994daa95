import { confidence as kernel } from "../../build/kernels.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Reads the probability of the most probable class of each pixel of logits [h, w, L], `[h·w]`. */
export async function readConfidence({ device, storage, rows, channels }: Tensor): Promise<Float32Array> {
  using workspace = new Workspace(device);
  const result = workspace.allocate(rows * 4);
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    device.run(kernel, {
      logits: range.of(storage, rowBytes),
      result: range.of(result, 4),
      rows: range.rows,
      channels,
    });
  }
  return new Float32Array(await device.read(result));
}
