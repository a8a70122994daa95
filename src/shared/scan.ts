import { scanAdd, scanBlocks } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";

const blockLength = 2048;

/** Replaces `count` u32 values by their exclusive sums: value i becomes the sum of the values before it. */
export function scan(device: Device, values: Storage, count: number): void {
  using workspace = new Workspace(device);
  const blocks = Math.ceil(count / blockLength);
  const totals = workspace.allocate(blocks * 4);
  device.run(scanBlocks, { values, totals, count });
  if (blocks === 1) return;
  scan(device, totals, blocks);
  device.run(scanAdd, { totals, values, count });
}
