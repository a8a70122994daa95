import {
  product as kernel,
  productBlocks as blocksKernel,
  productSmall as smallKernel,
  productSubgroup as subgroupKernel,
  productTiled as tiledKernel,
} from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import type { ArgumentsOf } from "../kernel.ts";
import { panelRowBytes } from "../layout.ts";
import { quadBytes } from "../shape.ts";
import { type Forms, runFastest } from "./forms.ts";
import { shortRanges } from "./panelRanges.ts";

/** `halves` is 1 where the right operand is stored as halves; left out, it is not. */
export type ProductArguments = Omit<Arguments, "halves"> & Partial<Pick<Arguments, "halves">>;

type Arguments = ArgumentsOf<typeof kernel>;

/** Computes a batched product of packed matrices; see kernels/nn/product.wgsl. */
export function product(device: Device, args: ProductArguments): void {
  const { columnPanels, firstColumnPanel, batch, rowPanels, result, halves = 0 } = args;
  const panelBytes = batch * rowPanels * 4 * panelRowBytes;
  for (const { first, count, of } of shortRanges(
    device,
    kernel.operations!({ ...args, halves }),
    columnPanels,
    panelBytes,
  )) {
    const range = { columnPanels: count, firstColumnPanel: firstColumnPanel + first, result: of(result) };
    runFastest(device, productForms, { ...args, halves, ...range });
  }
}

/**
 * Computes the products of a batch whose sums are cut into `count` blocks, all blocks at once, and then adds those up in
 * order. The batch numbers the blocks: products `batch`·k and following are block k of all of them. Without blocks it is
 * the product itself, which adds the same numbers.
 */
export function productOfBlocks(device: Device, args: ProductArguments, count: number): void {
  if (count === 1) return product(device, args);
  const { result, columnPanels, batch, rowPanels, accumulate } = args;
  const quads = batch * rowPanels * 8;
  using workspace = new Workspace(device);
  const blocks = workspace.allocate(columnPanels * count * quads * quadBytes);
  product(device, { ...args, batch: batch * count, result: blocks, accumulate: 0 });
  device.run(blocksKernel, { blocks, result, columnPanels, count, quads, accumulate });
}

/** Sums of a tile: of an invocation of the usual form, and of a workgroup of the others. */
const tileSums = { registers: 4 * 8, tiled: 64 * 64, small: 64 * 32, subgroup: 16 * 32 };

/** The headers of the kernels say how the forms differ. */
export const productForms: Forms<Arguments> = {
  usual: { name: "registers", kernel, sums: (args) => kernel.count(args) * tileSums.registers },
  others: [
    { name: "tiled", kernel: tiledKernel, sums: (args) => tiledKernel.count(args) * tileSums.tiled },
    { name: "small", kernel: smallKernel, sums: (args) => smallKernel.count(args) * tileSums.small },
    {
      name: "subgroup",
      kernel: subgroupKernel,
      sums: (args) => subgroupKernel.count(args) * tileSums.subgroup,
      subgroupSize: 8,
    },
  ],
  // Minimal filtering of 512 tiles, from 64 channels to 64: 67 million operations.
  typical: (scale = 1) => ({
    columnPanels: 8,
    batch: 16,
    rowPanels: 128 * scale,
    batchColumns: 1,
    batchColumnStride: 1,
    termRows: 1,
    termColumns: 64,
    termStride: 1,
    leftRowStride: 128 * scale * 64,
    leftPanelStride: 64,
    rightBatchStride: 8 * 64,
    rightPanelStride: 64,
    firstColumnPanel: 0,
    accumulate: 0,
    halves: 0,
    left: 16 * 128 * scale * 64 * 16,
    right: 16 * 8 * 64 * 32,
    result: 16 * 8 * 128 * scale * 128,
  }),
};
