import { product as kernel, productTiled as tiledKernel } from "../../build/kernels.ts";
import type { Device } from "../device/device.ts";
import type { ArgumentsOf } from "../kernel.ts";
import { type Forms, runFastest } from "./forms.ts";

export type ProductArguments = ArgumentsOf<typeof kernel>;

/** Products of packed operands: see kernels/nn/product.wgsl. */
export function product(device: Device, args: ProductArguments): void {
  runFastest(device, productForms, args);
}

/** See the headers of both kernels; a tile of the second is 8 panels by 16 quads. */
export const productForms: Forms<ProductArguments> = {
  usual: {
    name: "registers",
    kernel,
    count: ({ panels, taps, quads }) => panels * taps * quads,
    sums: 32,
  },
  others: [
    {
      name: "tiled",
      kernel: tiledKernel,
      count: ({ panels, taps, quads }) => Math.ceil(panels / 8) * taps * Math.ceil(quads / 16),
      sums: 4096,
    },
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
