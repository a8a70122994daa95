import { globSync } from "tinyglobby";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/sequence.ts";

const common = {
  // A hook runs a whole host: its own watch ends it when it hangs (test/hosts/child.ts).
  hookTimeout: 1_200_000,
  // A watch over tests that hang, not a measure: a busy machine may be ten times slower.
  testTimeout: 1_200_000,
  // What commands print must not depend on how long they take.
  env: { CRF_RNN_PROGRESS: "never" },
};

/** Hosts that this Node starts and cannot look into: `npm run test:quick` and `npm run coverage` leave them out. */
const elsewhere = globSync("test/hosts/{newer-node,deno,chromium}*.test.ts");

/**
 * Files that share a process, and the modules in it, with what ran there before: loading src/ takes most of them longer than their
 * tests. They put back what they change, the folder or the environment; what replaces modules or looks at its process's memory is apart.
 */
const together = globSync(
  [
    "test/{checkpoint,cli,crf,data,diagnosis,docs,gpu,models,search,site,study,train}/**/*.test.ts",
    "test/{budget,float16,kernels,quote,warnings}.test.ts",
    "test/distributed/{alarm,join,launcher}.test.ts",
    "test/examples/ownNetwork.test.ts",
    "test/goldens/gradients.test.ts",
    "test/lab/{inside,latest,parameters,range,refine}.test.ts",
  ],
  {
    ignore: [
      "test/checkpoint/hostile.test.ts",
      "test/cli/output.test.ts",
      "test/gpu/plan.test.ts",
      "test/models/growth.test.ts",
      "test/train/memory*.test.ts",
    ],
  },
);

export default defineConfig({
  test: {
    globalSetup: "test/hosts/prepare.ts",
    sequence: { sequencer: LongestFirst },
    // Two cores are enough for six: Deno with WebGPU waits most of the time, and so does what starts browsers and ends processes.
    maxWorkers: 6,
    projects: [
      { test: { ...common, name: "elsewhere", include: elsewhere } },
      { test: { ...common, name: "together", include: together, isolate: false } },
      { test: { ...common, name: "apart", include: ["test/**/*.test.ts"], exclude: [...elsewhere, ...together] } },
    ],
  },
});
