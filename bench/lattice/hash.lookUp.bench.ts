import { hashLookUp as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const hashLookUp = floor({
  kernel,
  moves: "slots, the vertices' keys, keys, barycentric, vertexOfEntry and simplices once",
  bytes: ({ slots, vertexKeys, keys, entries }) => slots.bytes + vertexKeys.bytes + keys.bytes + entries * 16,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
