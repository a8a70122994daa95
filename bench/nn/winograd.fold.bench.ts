import { winogradFold as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { trainLayer, usualLayer } from "./layer.ts";

export const winogradFold = floor({
  kernel,
  moves: "sums and result once",
  bytes: ({ sums, result }) => sums.bytes + result.bytes,
  computes: "six sums and products a column of four, seven columns",
  operations: ({ panels, inputs }) => panels * inputs * 8 * 42,
  queue: (_, device) => trainLayer(device, usualLayer),
});
