import { change as kernel } from "../../build/kernels.ts";
import { queueChange } from "../../src/crf/change.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { quadsOf } from "../../src/shape.ts";
import { floor } from "../floor.ts";

export const change = floor({
  kernel,
  moves: "both maps once, and four numbers a block",
  bytes: ({ rows, channels, blockRows }) => rows * quadsOf(channels) * 32 + Math.ceil(rows / blockRows) * 16,
  computes: "a difference, a magnitude, a sum and three comparisons a channel",
  operations: ({ rows, channels }) => rows * quadsOf(channels) * 24,
  queue: ({ unary, result }, device) => {
    using workspace = new Workspace(device);
    queueChange(workspace, unary, result);
  },
});
