import { softmax as kernel } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { rowWindows } from "../device/windows.ts";
import { padded } from "../shape.ts";

/** How logits become marginals: softmax, or the paper's ReLU followed by division by the sum. */
export type Activation = "softmax" | "relu";

/** The kernels' number for an activation; 0 is none. */
export const activationMode = (activation: Activation | "none"): number =>
  ["none", "softmax", "relu"].indexOf(activation);

/** Activation over the channels of each of `rows` rows. */
export function activate(
  device: Device,
  values: Storage,
  result: Storage,
  rows: number,
  channels: number,
  activation: Activation,
): void {
  const rowBytes = padded(channels) * 4;
  for (const window of rowWindows(device, rows, rowBytes)) {
    device.run(kernel, window.rows, {
      values: window.of(values, rowBytes),
      result: window.of(result, rowBytes),
      rows: window.rows,
      channels,
      mode: activationMode(activation),
    });
  }
}
