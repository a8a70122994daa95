import { incidenceJoin as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceJoin = floor({
  kernel,
  moves: "offsets and blockVertices once",
  bytes: ({ offsets, blockVertices }) => offsets.bytes + blockVertices.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral({ position: 80, color: 13 })).dispose(),
});
