import { scanAdd, scanBlocks } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { planned, type Work } from "../device/work.ts";
import { Workspace } from "../device/workspace.ts";

/** The number of values in a block, as in kernels/shared/scan.wgsl. */
const blockLength = 2048;

/** Replaces `count` u32 values by their exclusive sums: value i becomes the sum of the values before it. */
export function* scan(device: Device, values: Storage, count: number): Work {
  using workspace = new Workspace(device);
  const blocks = Math.ceil(count / blockLength);
  const totals = workspace.allocate(blocks * 4);
  yield planned(scanBlocks, { values, totals, count });
  if (blocks === 1) return;
  yield* scan(device, totals, blocks);
  yield planned(scanAdd, { totals, values, count });
}
