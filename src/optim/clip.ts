import { clip as kernel, clipSquares } from "../../build/kernels.ts";
import type { Device, Storage } from "../device/device.ts";
import { elementRanges } from "../elementwise.ts";
import { Workspace } from "../device/workspace.ts";
import { columnSums } from "../shared/columnSums.ts";
import { quadBytes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** How many quads one invocation sums the squares of. */
const blockQuads = 64;

/**
 * Writes (min(1, limit/norm), norm, 0, 0) into the one quad of `factor`. Multiplied by the first number, all gradients
 * together have a Euclidean norm of at most `limit`. Nothing is read back, and the order of the sums is fixed.
 */
export function clipFactor(device: Device, gradients: readonly Tensor[], limit: number, factor: Storage): void {
  using workspace = new Workspace(device);
  const parts = gradients.flatMap((values) => [...elementRanges({ values })]);
  const blocks = parts.reduce((total, { count }) => total + Math.ceil(count / blockQuads), 0);
  const sums = workspace.allocate(blocks * quadBytes);
  let firstBlock = 0;
  for (const { storages, count } of parts) {
    const own = Math.ceil(count / blockQuads);
    device.run(clipSquares, { ...storages, sums, count, firstBlock });
    firstBlock += own;
  }
  const squares = workspace.allocate(quadBytes);
  columnSums(device, sums, squares, blocks, 1);
  device.run(kernel, { squares, factor, limit });
}
