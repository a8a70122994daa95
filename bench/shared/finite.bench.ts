import { finite as kernel } from "../../build/kernels.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { seekNotFinite } from "../../src/shared/finite.ts";
import { floor } from "../floor.ts";

export const finite = floor({
  kernel,
  moves: "values once",
  bytes: ({ count }) => count * 16,
  computes: "nothing: bits are compared",
  operations: () => 0,
  queue: ({ unary }, device) => {
    using workspace = new Workspace(device);
    seekNotFinite(unary, workspace.zeros(4));
  },
});
