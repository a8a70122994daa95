import { orderPermute as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderPermute = floor({
  kernel,
  moves: "order, vertexKeys, sortedKeys and vertexNumbers once",
  bytes: ({ vertices, vertexKeys, sortedKeys }) => vertices * 8 + vertexKeys.bytes + sortedKeys.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async (workload) => (await workload.buildBilateral()).dispose(),
});
