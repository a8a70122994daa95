import { incidenceOffsets as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceOffsets = floor({
  kernel,
  moves: "starts, offsets and blockVertices once",
  bytes: ({ starts, offsets, blockVertices }) => starts.bytes + offsets.bytes + blockVertices.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
