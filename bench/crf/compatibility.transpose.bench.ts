import { compatibilityTranspose as kernel } from "../../build/kernels.ts";
import { transform } from "../../src/crf/compatibility.ts";
import { Tape } from "../../src/tape.ts";
import { floor } from "../floor.ts";

export const compatibilityTranspose = floor({
  kernel,
  moves: "the matrix and its transposed once",
  bytes: ({ result }) => 2 * result.bytes,
  computes: "nothing",
  operations: () => 0,
  queue: async ({ unary, fullMatrix }, device) => {
    using scope = device.scope();
    const tape = new Tape([unary]);
    await tape.gradients(scope.add(transform(unary, fullMatrix)), unary);
  },
});
