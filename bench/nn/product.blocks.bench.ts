import { productBlocks as kernel } from "../../build/kernels.ts";
import { patches } from "../../src/nn/patches.ts";
import { floor } from "../floor.ts";
import { blockLayer, runLayer } from "./layer.ts";

export const productBlocks = floor({
  kernel,
  moves: "the blocks once, and the result once or, where it is added to, twice",
  bytes: ({ blocks, result, accumulate }) => blocks.bytes + (accumulate + 1) * result.bytes,
  computes: "a sum for each number of a block",
  operations: ({ blocks }) => blocks.bytes / 4,
  queue: (_, device) => runLayer(device, blockLayer, patches),
});
