import { outerProducts as kernel } from "../../build/kernels.ts";
import { slice } from "../device/device.ts";
import { rowWindows } from "../device/windows.ts";
import { Workspace } from "../device/workspace.ts";
import { columnSums } from "../nn/columnSums.ts";
import { padded, quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Rows whose outer products one invocation sums. */
const blockRows = 256;

/** factor·Σ a bᵀ over the rows of two maps [..., L]: [L, L]. */
export function outerProducts(a: Tensor, b: Tensor, factor = 1): Tensor {
  const { device, rows, channels } = a;
  const rowBytes = padded(channels) * 4;
  const quads = channels * quadsOf(channels);
  const windows = [...rowWindows(device, rows, rowBytes)];
  const blocksIn = (count: number): number => Math.ceil(count / blockRows);
  const blocks = windows.reduce((sum, window) => sum + blocksIn(window.rows), 0);
  using workspace = new Workspace(device);
  const pieces = workspace.allocate(blocks * quads * 16);
  let done = 0;
  for (const window of windows) {
    const bytes = blocksIn(window.rows) * quads * 16;
    // Copied into place: a binding could not begin there.
    const own = windows.length === 1 ? pieces : workspace.allocate(bytes);
    device.run(kernel, {
      a: window.of(a.storage, rowBytes),
      b: window.of(b.storage, rowBytes),
      result: own,
      rows: window.rows,
      channels,
      blockRows,
      factor,
    });
    if (own !== pieces) device.copy(own, slice(pieces, done, bytes));
    done += bytes;
  }
  const result = device.empty([channels, channels]);
  columnSums(device, pieces, result.storage, blocks, quads);
  return result;
}
