import { incidenceFill as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const incidenceFill = floor({
  kernel,
  moves: "both sorted lists, barycentric, incidence and offsets once",
  bytes: ({ entries, offsets }) => entries * 20 + offsets.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
