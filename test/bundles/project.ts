import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { copyPackage } from "./install.ts";
import { type Outcome, outcomeInProcess, writePrograms } from "./program.ts";

/** A user's folder with the package in its `node_modules` and the programs of program.ts beside it. */
export interface Project {
  readonly folder: string;
  /** What the package as it is, not bundled, computes in a Node that has relaxed SIMD as Chromium does. */
  readonly plain: Outcome;
}

/** Makes a project for the tests of a file, below a folder that may have to be made ready first. Its fields are there once tests run. */
export function useProject(below: () => Promise<string> = async () => tmpdir()): Project {
  const project: { -readonly [Field in keyof Project]?: Project[Field] } = {};
  beforeAll(async () => {
    project.folder = await mkdtemp(join(await below(), "crf-rnn-bundles-"));
    await copyPackage(project.folder);
    await writePrograms(project.folder);
    project.plain = await outcomeInProcess(findNewerNode()!, ["program.js"], project.folder);
  });
  afterAll(async () => {
    if (project.folder) await rm(project.folder, { recursive: true, force: true });
  });
  return project as Project;
}
