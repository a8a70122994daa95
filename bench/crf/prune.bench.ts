import { prune as kernel } from "../../build/kernels.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { padded, quadsOf } from "../../src/shape.ts";
import { floor } from "../floor.ts";

export const prune = floor({
  kernel,
  moves: "the map once, and the narrow map",
  bytes: ({ rows, channels, kept, rest }) => rows * (quadsOf(channels) + quadsOf(kept + rest)) * 16,
  computes: "where those that leave become one, a channel: maximum, difference, exp, sum",
  operations: ({ rows, channels, rest }) => rest * rows * channels * 4,
  queue: ({ unary, result, classes, points }, device) => {
    using workspace = new Workspace(device);
    const kept = classes >> 1;
    const places = workspace.store(Uint32Array.from({ length: kept }, (_, k) => k));
    const leaving = workspace.store(
      Uint32Array.from({ length: padded(classes) }, (_, c) => (c >= kept && c < classes ? ~0 : 0)),
    );
    const maps = { values: unary.storage, places, leaving, result: result.storage };
    device.run(kernel, { ...maps, rows: points, channels: classes, kept, rest: 1 });
  },
});
