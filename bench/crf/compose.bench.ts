import { compose as kernel } from "../../build/kernels.ts";
import { floor } from "../floor.ts";

export const compose = floor({
  kernel,
  moves: "the three matrices of one iteration and both products once",
  bytes: ({ matrices }) => 2.5 * matrices.bytes,
  computes: "two products of matrices: a multiply-add a triple of channels each, a product an element",
  operations: ({ channels }) => 2 * channels * channels * (2 * channels + 1),
  queue: async (workload) => {
    using iterations = await workload.iterations("full");
    await iterations.run(1);
  },
});
