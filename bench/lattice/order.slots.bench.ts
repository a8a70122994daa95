import { orderSlots as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderSlots = floor({
  kernel,
  moves: "ranks once, slots in and out",
  bytes: ({ ranks, slots }) => ranks.bytes + 2 * slots.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
