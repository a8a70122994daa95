import { compatibility as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { rowWindows } from "../device/windows.ts";
import { padded, quadsOf } from "../shape.ts";

/** result = addend + factor·(values·matrixᵀ): an L×L matrix on the vector of every row. */
export function transform(
  device: Device,
  values: Storage,
  { matrix, row, factor }: { readonly matrix: Storage; readonly row: number; readonly factor: number },
  addend: Storage | undefined,
  result: Storage,
  rows: number,
  channels: number,
): void {
  const rowBytes = padded(channels) * 4;
  for (const window of rowWindows(device, rows, rowBytes)) {
    device.run(kernel, window.rows * quadsOf(channels), {
      values: window.of(values, rowBytes),
      matrix,
      addend: window.of(addend ?? values, rowBytes),
      result: window.of(result, rowBytes),
      rows: window.rows,
      channels,
      matrixRow: row,
      factor,
      add: addend ? 1 : 0,
    });
  }
}
