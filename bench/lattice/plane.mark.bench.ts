import { planeMark as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const planeMark = floor({
  kernel,
  moves: "the cell of each entry and flags once",
  bytes: ({ entries, flags }) => entries * 4 + flags.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildSpatial()).dispose(),
});
