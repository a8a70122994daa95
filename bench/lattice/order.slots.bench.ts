import { orderSlots as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderSlots = floor({
  kernel,
  moves: "vertexNumbers once, slots in and out",
  bytes: ({ vertexNumbers, slots }) => vertexNumbers.bytes + 2 * slots.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
