import { defineConfig } from "vitest/config";

/** `npm run test:slow`: what takes minutes, or needs programs that CI does not have. */
export default defineConfig({
  test: {
    include: ["test/**/*.slow.ts"],
    globalSetup: "test/hosts/prepare.ts",
    hookTimeout: 1_200_000,
    testTimeout: 1_800_000,
    env: { CRF_RNN_PROGRESS: "never" },
    maxWorkers: 2,
  },
});
