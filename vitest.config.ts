import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/hosts/prepare.ts",
    // A hook runs a whole host: its own watch ends it when it hangs (test/hosts/child.ts).
    hookTimeout: 1_200_000,
    // A watch over tests that hang, not a measure: a busy machine may be ten times slower.
    testTimeout: 1_200_000,
    // What commands print must not depend on how long they take.
    env: { CRF_RNN_PROGRESS: "never" },
    // Hosts run kernels on two threads: more workers would only make them wait.
    maxWorkers: 2,
  },
});
