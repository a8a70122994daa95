import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { root } from "../hosts/folders.ts";
import type { Bundler } from "./bundlers.ts";
import { outcomeInProcess } from "./program.ts";
import type { Project } from "./project.ts";

/** The test of a Node program that a bundler makes. `place` moves what was written to where Node takes it for what it is. */
export function describeServer(
  name: string,
  project: Project,
  bundle: Bundler,
  place = async (_folder: string, out: string): Promise<string> => join(out, "program.js"),
): void {
  test(`a server by ${name} has every thread, the bits of Node, and WebGPU where it is installed`, async () => {
    const { folder, plain } = project;
    const out = `server-${name.replaceAll(/\W/g, "")}`;
    expect(await bundle(folder, out, "program.js")).toEqual([]);
    const file = await place(folder, out);
    expect(await outcomeInProcess(findNewerNode()!, [file], folder)).toEqual(plain);
    // Node's WebGPU is found at run time, from where the bundle lies.
    const installed = join(folder, "node_modules/webgpu");
    const without = outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder);
    await expect(without).rejects.toThrow(/no WebGPU in this host/);
    await symlink(join(root, "node_modules/webgpu"), installed);
    const gpu = await outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder);
    await rm(installed);
    expect(gpu.kind).toBe("webgpu");
  });
}
