import { hashFind as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashFind = floor({
  kernel,
  moves: "slots, entrySlots, barycentric, vertexOfEntry and simplices once",
  bytes: ({ slots, entries }) => slots.bytes + entries * 20,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
