import { execFile } from "node:child_process";
import { rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findNewerNode } from "../../scripts/environment.mjs";
import { photo } from "../data/trees.ts";
import { root } from "../hosts/folders.ts";
import type { Bundler } from "./bundlers.ts";
import { outcomeInProcess } from "./program.ts";
import type { Project } from "./project.ts";

const run = promisify(execFile);

/** The tests of Node programs that a bundler makes. `place` moves what was written to where Node takes it for what it is. */
export function describeServer(
  name: string,
  project: Project,
  bundle: Bundler,
  place = async (_folder: string, out: string, program: string): Promise<string> => join(out, program),
): void {
  const out = `server-${name.replaceAll(/\W/g, "")}`;
  const installed = (folder: string, peer: string): string => join(folder, "node_modules", peer);

  test(`a server by ${name} has every thread, the bits of Node, and WebGPU where it is installed`, async () => {
    const { folder, plain } = project;
    expect(await bundle(folder, out, "program.js")).toEqual([]);
    const file = await place(folder, out, "program.js");
    expect(await outcomeInProcess(findNewerNode()!, [file], folder)).toEqual(plain);
    // Node's WebGPU is found at run time, from where the bundle lies.
    const without = outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder);
    await expect(without).rejects.toThrow(/no WebGPU in this host/);
    await symlink(join(root, "node_modules/webgpu"), installed(folder, "webgpu"));
    const gpu = await outcomeInProcess(findNewerNode()!, [file, "webgpu"], folder);
    await rm(installed(folder, "webgpu"));
    expect(gpu.kind).toBe("webgpu");
  });

  test(`a server by ${name} reads PNGs, says what JPEGs need, and reads them where it is installed`, async () => {
    const { folder } = project;
    await writeFile(join(folder, "a.jpg"), await photo("jpeg", { width: 3, height: 2 }));
    expect(await bundle(folder, `${out}-images`, "images.js")).toEqual([]);
    const file = await place(folder, `${out}-images`, "images.js");
    const told = async (): Promise<unknown> =>
      JSON.parse((await run(process.execPath, [file], { cwd: folder })).stdout) as unknown;
    expect(await told()).toEqual([2, expect.stringMatching(/^a\.jpg: .*— npm install sharp$/)]);
    await symlink(join(root, "node_modules/sharp"), installed(folder, "sharp"));
    expect(await told()).toEqual([2, 3]);
    await rm(installed(folder, "sharp"));
  });
}
