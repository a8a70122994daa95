import { patchesCollect as kernel } from "../../build/kernels.ts";
import { patches } from "../../src/nn/patches.ts";
import { floor } from "../floor.ts";
import { longLayer, runLayer } from "./layer.ts";

export const patchesCollect = floor({
  kernel,
  moves: "the products once, and the pixels of the result",
  bytes: ({ products, pixels, panels }) => products.bytes + pixels * panels * 32,
  computes: "a sum for each product",
  operations: ({ products }) => products.bytes / 4,
  queue: (_, device) => runLayer(device, longLayer, patches),
});
