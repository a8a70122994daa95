import { hashMove as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashMove = floor({
  kernel,
  moves: "the old slots in and out, the new ones and the key of each old one once",
  bytes: ({ slots, newSlots }) => 2 * slots.bytes + newSlots.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral({ position: 160, color: 0.5 })).dispose(),
});
