import { prunePeaks as kernel } from "../../build/kernels.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { padded, quadsOf } from "../../src/shape.ts";
import { floor } from "../floor.ts";

export const prunePeaks = floor({
  kernel,
  moves: "the map once, and a row a block",
  bytes: ({ rows, channels, blockRows }) => (rows + Math.ceil(rows / blockRows)) * quadsOf(channels) * 16,
  computes: "a difference a channel, and comparisons",
  operations: ({ rows, channels }) => rows * channels,
  queue: ({ unary, classes, points }, device) => {
    using workspace = new Workspace(device);
    const blockRows = 64;
    const result = workspace.allocate(Math.ceil(points / blockRows) * padded(classes) * 4);
    device.run(kernel, { values: unary.storage, result, rows: points, channels: classes, blockRows, logits: 1 });
  },
});
