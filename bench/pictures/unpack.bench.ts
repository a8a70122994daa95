import { unpack as kernel } from "../../build/kernels.ts";
import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { floor } from "../floor.ts";

export const unpack = floor({
  kernel,
  moves: "the bytes of the picture, and the guide once",
  bytes: ({ count, channels }) => count * (channels + 16),
  computes: "a difference and a product a color",
  operations: ({ count }) => count * 8,
  queue: ({ scene: { width, height } }, device) =>
    imageTensor(device, { data: new Uint8ClampedArray(width * height * 4), width, height }).dispose(),
});
