import {
  product as kernel,
  productSubgroup as subgroupKernel,
  productTiled as tiledKernel,
} from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import type { ArgumentsOf } from "../kernel.ts";
import { type Forms, runFastest } from "./forms.ts";

export type ProductArguments = ArgumentsOf<typeof kernel>;

/** Products of packed operands: see kernels/nn/product.wgsl. */
export function product(device: Device, args: ProductArguments): void {
  runFastest(device, productForms, args);
}

/** Of a panel and a quad: 8 by 4 sums. */
const pairs = ({ panels, taps, quads }: ProductArguments): number => panels * taps * quads;
/** Of 4 panels and 4 quads. */
const squares = ({ panels, taps, quads }: ProductArguments): number =>
  Math.ceil(panels / 4) * taps * Math.ceil(quads / 4);
/** Of 8 panels and 16 quads. */
const tiles = ({ panels, taps, quads }: ProductArguments): number =>
  Math.ceil(panels / 8) * taps * Math.ceil(quads / 16);

/** See the headers of the kernels. */
export const productForms: Forms<ProductArguments> = {
  usual: { name: "registers", kernel, sums: (args) => pairs(args) * 32 },
  others: [
    { name: "tiled", kernel: tiledKernel, sums: (args) => tiles(args) * 4096 },
    { name: "subgroup", kernel: subgroupKernel, sums: (args) => squares(args) * 512, subgroupSize: 8 },
  ],
  // Minimal filtering of 512 tiles, from 64 channels to 64: 67 million operations.
  typical: {
    panels: 8,
    taps: 16,
    quads: 128,
    kernelWidth: 1,
    rows: 1,
    columns: 64,
    stride: 1,
    leftColumns: 128 * 64,
    quadStep: 64,
    rightTap: 8 * 64,
    firstPanel: 0,
    accumulate: 0,
    left: 16 * 128 * 64 * 16,
    right: 16 * 8 * 64 * 32,
    result: 16 * 8 * 128 * 128,
  },
};
