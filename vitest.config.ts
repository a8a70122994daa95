import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/sequence.ts";

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
    sequence: { sequencer: LongestFirst },
    // Two cores are enough for five: Deno with WebGPU, which runs for three minutes, waits most of the time.
    maxWorkers: 5,
  },
});
