import { change as kernel } from "../../build/kernels.ts";
import type { Storage } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { readTogether } from "../device/readTogether.ts";
import { Workspace } from "../device/workspace.ts";
import { padded, quadBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** How far an iteration moved the marginals Q. */
export interface Change {
  /** The largest |ΔQ| of any class of any row, 0…1. */
  readonly largest: number;
  /** The mean of |ΔQ| over all classes of all rows. */
  readonly mean: number;
  /** How many rows have another most probable class than before. */
  readonly labels: number;
}

/** Rows that one invocation compares. */
const blockRows = 64;

/** Queues the comparison of two maps of marginals of one shape: a result for each range of rows. */
export function queueChange(workspace: Workspace, before: Tensor, after: Tensor): Storage[] {
  const { device, rows, channels } = after;
  const rowBytes = padded(channels) * 4;
  const results: Storage[] = [];
  for (const range of rowRanges(device, rows, rowBytes)) {
    const result = workspace.allocate(Math.ceil(range.rows / blockRows) * quadBytes);
    device.run(kernel, {
      before: range.of(before.storage, rowBytes),
      after: range.of(after.storage, rowBytes),
      result,
      rows: range.rows,
      channels,
      blockRows,
    });
    results.push(result);
  }
  return results;
}

/** Reads how far marginals have moved. Only a few numbers for every 64 rows are read back, and added up in float64. */
export async function readChange(before: Tensor, after: Tensor): Promise<Change> {
  const { device, rows, channels } = after;
  using workspace = new Workspace(device);
  const read = await readTogether(device, queueChange(workspace, before, after));
  let [largest, sum, labels] = [0, 0, 0];
  for (const part of read) {
    const blocks = new Float32Array(part);
    for (let at = 0; at < blocks.length; at += 4) {
      // Math.max keeps NaN.
      largest = Math.max(largest, blocks[at]!);
      sum += blocks[at + 1]!;
      labels += blocks[at + 2]!;
    }
  }
  return { largest, mean: sum / (rows * channels), labels };
}
