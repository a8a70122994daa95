import { patches as kernel } from "../../build/kernels.ts";
import { patches } from "../../src/nn/patches.ts";
import { floor } from "../floor.ts";
import { directLayer, runLayer } from "./layer.ts";

export const patchesFloor = floor({
  kernel,
  moves: "the patches once, and the pixels that they are made of at most as often as there are taps",
  bytes: ({ pixels, taps, channels }) => pixels * Math.ceil(channels / 4) * (taps + 1) * 16,
  computes: "nothing",
  operations: () => 0,
  queue: (_, device) => runLayer(device, directLayer, patches),
});
