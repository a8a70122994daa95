import type { TestProject } from "vitest/node";
import { generate } from "../../scripts/generate.mjs";
import { bundleSuites } from "./bundle.ts";
import { runProcess } from "./child.ts";
import { findFolders } from "./folders.ts";
import type { CaseNames } from "./protocol.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Full names of all cases of all suites. */
    readonly cases: string[];
    /** Those among them that take no device. */
    readonly withoutDevice: string[];
  }
}

/**
 * Before all tests: brings build/ up to date, bundles the suites and lists their cases, so that each becomes a test in
 * every host.
 */
export default async function prepare(project: TestProject): Promise<void> {
  const folders = findFolders();
  if (folders.shared === undefined) {
    console.warn("No folder ../shared and no CRF_RNN_SHARED: the full goldens are not run, only the repository's own.");
  }
  await generate();
  await bundleSuites();
  const program = { path: process.execPath, flags: [], environment: {} };
  await runProcess(program, { folders }, (value) => {
    const { cases, withoutDevice } = value as CaseNames;
    project.provide("cases", [...cases]);
    project.provide("withoutDevice", [...withoutDevice]);
  });
}
