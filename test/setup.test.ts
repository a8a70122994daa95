import { spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Folder } from "./cli/command.ts";
import { root } from "./hosts/folders.ts";

/** Runs scripts/setup.sh where Chromium is missing, as a user who is not root, without a terminal. */
function setUp(
  folder: Folder,
  environment: Readonly<Record<string, string>>,
): { status: number | null; stderr: string } {
  const programs = {
    id: "echo 1000",
    node: 'case "$*" in *--missing*) echo chromium ;; *OLDEST_MESA*) echo 25 ;; *) echo "swiftshader: missing" ;; esac',
    sudo: `touch ${folder.file("sudo-was-called")}`,
    "apt-get": "exit 1",
  };
  for (const [name, script] of Object.entries(programs)) {
    chmodSync(folder.file(folder.write(name, `#!/bin/sh\n${script}\n`)), 0o755);
  }
  const env = { ...process.env, ...environment, PATH: `${folder.path}:${process.env.PATH}` };
  return spawnSync("bash", [`${root}scripts/setup.sh`], { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

test.each([{ CI: "" }, { CI: "true" }])(
  "a user who is not root is told, and nothing is installed unasked: %o",
  (env) => {
    using folder = new Folder();
    const { status, stderr } = setUp(folder, env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/with sudo apt-get, this would be installed: chromium/);
    expect(stderr).toContain("nobody can be asked here: run scripts/setup.sh in a terminal or as root");
    expect(stderr).toContain("still missing: chromium");
    expect(existsSync(folder.file("sudo-was-called"))).toBe(false);
  },
);
