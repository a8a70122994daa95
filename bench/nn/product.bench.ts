import { product as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { directLayer, trainLayer } from "./layer.ts";

export const product = floor({
  kernel,
  moves: "both operands once, and the result once or, where it is added to, twice",
  bytes: ({ left, right, result, accumulate }) => left.bytes + right.bytes + (accumulate + 1) * result.bytes,
  computes: "a multiply-add for each row, column and term of every product",
  operations: (args) => kernel.operations!(args),
  queue: (_, device) => trainLayer(device, directLayer),
});
