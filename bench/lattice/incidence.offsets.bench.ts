import { incidenceOffsets as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceOffsets = floor({
  kernel,
  moves: "both offsets and blockVertices once, starts in and out",
  bytes: ({ starts, offsets, lists, blockVertices }) =>
    offsets.bytes + lists.bytes + blockVertices.bytes + 2 * starts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
