import { planeScatter as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeScatter = floor({
  kernel,
  moves: "simplices in, vertices out, numbers and incidence once, starts in and out",
  bytes: ({ points, numbers, starts }) => points * 60 + numbers.bytes + 2 * starts.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
