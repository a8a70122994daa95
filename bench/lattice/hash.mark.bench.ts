import { hashMark as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashMark = floor({
  kernel,
  moves: "slots and flags once",
  bytes: ({ slots, flags }) => slots.bytes + flags.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
