import { hashNumber as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashNumber = floor({
  kernel,
  moves: "slots in and out, each vertex's key in and out",
  bytes: ({ slots, vertexKeys }) => 2 * slots.bytes + 2 * vertexKeys.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
