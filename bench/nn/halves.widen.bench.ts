import { halvesWiden as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";
import { halfLayer } from "./layer.ts";

export const halvesWiden = floor({
  kernel,
  moves: "a float32 and a half a number",
  bytes: ({ quads }) => quads * 24,
  computes: "nothing that counts beside what it moves",
  operations: ({ quads }) => quads * 4,
  queue: (_, device) => halfLayer(device),
});
