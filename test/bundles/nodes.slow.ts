import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { findNode, NEWER_NODE, nodeFolder } from "../../scripts/environment.mjs";
import { type Outcome, outcomeInProcess } from "./program.ts";
import { useProject } from "./project.ts";

const run = promisify(execFile);
const project = useProject();

/** A version of Node as npm has it, as scripts/setup.sh installs the newest. */
async function installed(version: string): Promise<string> {
  const name = `${NEWER_NODE.package}@${version}`;
  const words = [
    "install",
    "--silent",
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--prefix",
    nodeFolder(version),
    name,
  ];
  if (findNode(version) === undefined) await run("npm", words);
  return findNode(version)!;
}

/** What a Node has: `require` of modules, and relaxed SIMD in its engine. */
interface Has {
  readonly requires: boolean;
  readonly relaxed: boolean;
}

const oldest: Has = { requires: false, relaxed: false };

describe.each<[string, Has]>([
  ["20.16.0", oldest],
  ["20.18.3", oldest],
  ["20.19.0", { requires: true, relaxed: false }],
  ["22.23.3", { requires: true, relaxed: true }],
  ["24.21.0", { requires: true, relaxed: true }],
  [NEWER_NODE.version, { requires: true, relaxed: true }],
])("Node %s", (version, { requires, relaxed }) => {
  const inNode = async (file: string): Promise<string> => {
    const { stdout, stderr } = await run(await installed(version), [file], { cwd: project.folder });
    return `${stderr}${stdout}`;
  };

  test("has every thread and the bits of its kind of SIMD", async () => {
    const outcome = await outcomeInProcess(await installed(version), ["program.js"], project.folder);
    const expected: Outcome = relaxed
      ? project.plain
      : await outcomeInProcess(process.execPath, ["program.js"], project.folder);
    // Node has `navigator` from version 21 on.
    expect(outcome).toEqual({ ...expected, processors: relaxed ? project.plain.processors : undefined });
    expect(outcome.variant).toBe(relaxed ? "relaxedShared" : "plainShared");
  });

  test(
    requires ? "takes it by require, without a warning" : "takes it by import() in CommonJS, and says so",
    async () => {
      expect(await inNode("imported.cjs")).toBe("function\n");
      if (requires) expect(await inNode("required.cjs")).toBe("function function function function function\n");
      else await expect(inNode("required.cjs")).rejects.toThrow(/dynamic import\(\)/);
    },
  );
});
