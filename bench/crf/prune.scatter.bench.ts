import { pruneScatter as kernel } from "../../build/kernels.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { padded } from "../../src/shape.ts";
import { floor } from "../floor.ts";

export const pruneScatter = floor({
  kernel,
  moves: "each value that is put back, read and written",
  bytes: ({ rows, kept }) => rows * kept * 8,
  computes: "nothing",
  operations: () => 0,
  queue: ({ unary, result, classes, points }, device) => {
    using workspace = new Workspace(device);
    const kept = classes >> 1;
    const places = workspace.store(Uint32Array.from({ length: kept }, (_, k) => k));
    const maps = { values: unary.storage, places, result: result.storage };
    device.run(kernel, { ...maps, rows: points, kept, valueStride: padded(classes), resultStride: padded(classes) });
  },
});
