import { add as kernel } from "../../build/kernels.ts";
import { addUnrecorded } from "../../src/addUnrecorded.ts";
import { floor } from "../floor.ts";

export const add = floor({
  kernel,
  moves: "a, b and result once",
  bytes: ({ count }) => count * 48,
  computes: "a sum an element",
  operations: ({ count }) => count * 4,
  queue: ({ unary }) => addUnrecorded(unary, unary).dispose(),
});
