import { columnSums as kernel } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { quadBytes } from "../shape.ts";

/**
 * Returns how many of `rows` rows one invocation adds up. An invocation of a GPU waits for each row, and there are few of
 * them where there are few columns, so that more rows than one block has are cut into shorter ones. A processor reads on
 * while it adds.
 */
export const blockRowsOf = ({ kind }: Device, rows: number): number => (kind === "wasm" || rows <= 256 ? 256 : 64);

/** Sums the rows of values [rows, quads] in quads of four columns: the result is [quads]. */
export function columnSums(device: Device, values: Storage, result: Storage, rows: number, quads: number): void {
  const blockRows = blockRowsOf(device, rows);
  const most = Math.max(
    blockRows,
    Math.floor(device.limits.bindingBytes / (quads * quadBytes * blockRows)) * blockRows,
  );
  if (rows > most) return sumWindows(device, values, result, rows, quads, most);
  const blocks = Math.ceil(rows / blockRows);
  if (blocks === 1) return device.run(kernel, { values, result, rows, quads, blockRows });
  using workspace = new Workspace(device);
  const sums = workspace.allocate(blocks * quads * quadBytes);
  device.run(kernel, { values, result: sums, rows, quads, blockRows });
  columnSums(device, sums, result, blocks, quads);
}

/** Does the same where `values` is larger than a binding, with as many blocks at a time as a binding holds. */
function sumWindows(device: Device, values: Storage, result: Storage, rows: number, quads: number, most: number): void {
  using workspace = new Workspace(device);
  const blockRows = blockRowsOf(device, rows);
  const blocks = Math.ceil(rows / blockRows);
  const sums = workspace.allocate(blocks * quads * quadBytes);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const part = Math.ceil(count / blockRows);
    using own = new Workspace(device);
    const partial = own.allocate(part * quads * quadBytes);
    const range = view(values, first * quads * quadBytes, count * quads * quadBytes);
    device.run(kernel, { values: range, result: partial, rows: count, quads, blockRows });
    device.copy(partial, view(sums, (first / blockRows) * quads * quadBytes, part * quads * quadBytes));
  }
  columnSums(device, sums, result, blocks, quads);
}
