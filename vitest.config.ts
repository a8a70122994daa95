import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/hosts/prepare.ts",
    // A hook runs a whole host: its own watch ends it when it hangs (test/hosts/child.ts).
    hookTimeout: 1_200_000,
    testTimeout: 120_000,
    // Hosts run kernels on two threads: more workers would only make them wait.
    maxWorkers: 2,
  },
});
