import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Folder } from "../cli/command.ts";

// Debian's python3-torch goes with Debian's own Python.
const python = process.env.CRF_RNN_PYTHON ?? "/usr/bin/python3";
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test.each(["crfrnn.pth", "crfrnn.legacy.pth"])("torch.load(weights_only=True) takes what we make of %s", (name) => {
  try {
    execFileSync(python, ["-c", "import torch"], { stdio: "pipe" });
  } catch (cause) {
    const remedy = "apt-get install --no-install-recommends python3-torch, or set CRF_RNN_PYTHON";
    throw new Error(`${python} has no torch, which this test needs: ${remedy}`, { cause });
  }
  using folder = new Folder();
  const theirs = beside(`../fixtures/checkpoint/${name}`);
  expect(folder.run(["convert", theirs, "a.safetensors"]).status).toBe(0);
  expect(folder.run(["convert", "a.safetensors", "b.pth"]).status).toBe(0);
  const printed = execFileSync(python, [beside("check_pth.py"), folder.file("b.pth"), theirs], { encoding: "utf8" });
  expect(printed).toMatch(/^43 tensors are equal/);
});
