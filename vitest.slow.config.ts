import { defineConfig } from "vitest/config";

const common = { testTimeout: 1_800_000, hookTimeout: 1_800_000, env: { CRF_RNN_PROGRESS: "never" } };
const withTools = ["test/bundles/**/*.slow.ts", "test/examples/**/*.slow.ts"];
const withSuites = ["test/hosts/*.slow.ts"];
const ofLab = ["test/lab/**/*.slow.ts"];
const ofSite = ["test/site/**/*.slow.ts"];
const withRuntimes = ["test/bridges/**/*.slow.ts"];

/** `npm run test:slow`: what takes minutes, or needs programs that `npm ci` does not install. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      // Tools are installed once, before the first of the files that need them.
      { test: { ...common, name: "tools", include: withTools, globalSetup: "test/bundles/installTools.ts" } },
      { test: { ...common, name: "bridges", include: withRuntimes, globalSetup: "test/bridges/installRuntimes.ts" } },
      { test: { ...common, name: "suites", include: withSuites, globalSetup: "test/hosts/prepare.ts" } },
      { test: { ...common, name: "lab", include: ofLab } },
      { test: { ...common, name: "site", include: ofSite } },
      {
        test: {
          ...common,
          name: "others",
          include: ["test/**/*.slow.ts"],
          exclude: [...withTools, ...withRuntimes, ...withSuites, ...ofLab, ...ofSite],
        },
      },
    ],
  },
});
