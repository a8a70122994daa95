import { hashInsert as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashInsert = floor({
  kernel,
  moves: "keys and entrySlots once, slots in and out",
  bytes: ({ keys, entrySlots, slots }) => keys.bytes + entrySlots.bytes + 2 * slots.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
