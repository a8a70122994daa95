import { outerProducts as kernel } from "../../build/kernels.ts";
import { view } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { blockRowsOf, columnSums } from "./columnSums.ts";
import { padded, quadBytes, quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Computes factor·Σ a bᵀ over the rows of two maps [..., L]; the result is [L, L]. */
export function outerProducts(a: Tensor, b: Tensor, factor = 1): Tensor {
  const { device, rows, channels } = a;
  const rowBytes = padded(channels) * 4;
  const quads = channels * quadsOf(channels);
  const ranges = [...rowRanges(device, rows, rowBytes)];
  const blockRows = blockRowsOf(device, rows);
  const blocksIn = (count: number): number => Math.ceil(count / blockRows);
  const blocks = ranges.reduce((sum, range) => sum + blocksIn(range.rows), 0);
  using workspace = new Workspace(device);
  const pieces = workspace.allocate(blocks * quads * quadBytes);
  let done = 0;
  for (const range of ranges) {
    const bytes = blocksIn(range.rows) * quads * quadBytes;
    // The partial sums are copied into place, because a binding could not begin at that offset.
    const own = ranges.length === 1 ? pieces : workspace.allocate(bytes);
    device.run(kernel, {
      a: range.of(a.storage, rowBytes),
      b: range.of(b.storage, rowBytes),
      result: own,
      rows: range.rows,
      channels,
      blockRows,
      factor,
    });
    if (own !== pieces) device.copy(own, view(pieces, done, bytes));
    done += bytes;
  }
  const result = device.empty([channels, channels]);
  columnSums(device, pieces, result.storage, blocks, quads);
  return result;
}
