import { permute as kernel } from "../../build/kernels.ts";
import { permute as turn } from "../../src/nn/permute.ts";
import { floor } from "../floor.ts";

export const permute = floor({
  kernel,
  moves: "each number of the window read and written once, however it is padded",
  bytes: ({ outer, rows, width, channels }) => outer * rows * width * channels * 8,
  computes: "a product a number",
  operations: ({ outer, rows, width, channels }) => outer * rows * width * channels,
  queue: ({ unary }) => turn(unary, "hwc", "chw").dispose(),
});
