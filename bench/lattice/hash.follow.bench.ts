import { hashFollow as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashFollow = floor({
  kernel,
  moves: "slots and entrySlots once, and entrySlots again",
  bytes: ({ slots, entries }) => slots.bytes + entries * 8,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral({ position: 160, color: 0.5 })).dispose(),
});
