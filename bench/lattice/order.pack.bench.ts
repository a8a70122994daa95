import { orderPack as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const orderPack = floor({
  kernel,
  moves: "vertexKeys and packedKeys once",
  bytes: ({ vertexKeys, packedKeys }) => vertexKeys.bytes + packedKeys.bytes,
  computes: "nothing: keys are integers",
  operations: () => 0,
  queue: (workload) => workload.stream(),
});
