import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Folder } from "../cli/command.ts";

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
const mebibyte = 1 << 20;

/** A safetensors file of zeros that takes no room on the disk: one tensor of 256 MiB and eight of 32 MiB. */
function writeLarge(path: string): void {
  const sizes = [256, ...Array<number>(8).fill(32)].map((size) => size * mebibyte);
  let begin = 0;
  const entries = sizes.map((size, i) => {
    const entry = { dtype: "F32", shape: [size / 4], data_offsets: [begin, begin + size] };
    begin += size;
    return [`tensor${i}`, entry];
  });
  const json = JSON.stringify(Object.fromEntries(entries)).padEnd(2048);
  const handle = openSync(path, "w");
  writeSync(handle, new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer));
  writeSync(handle, json);
  ftruncateSync(handle, 8 + json.length + begin);
  closeSync(handle);
}

/** Runs a program that has `checkpoint`, the library, and `source`, the file; returns its peak memory in bytes. */
function peakMemory(file: string, program: string): number {
  const script = `
    import * as checkpoint from ${JSON.stringify(dist("checkpoint.js"))};
    const source = await checkpoint.fileSource(${JSON.stringify(file)});
    const before = process.resourceUsage().maxRSS;
    ${program}
    console.log(1024 * (process.resourceUsage().maxRSS - before));`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

test("beyond the result, memory stays below 1.5 times the largest tensor", () => {
  using folder = new Folder();
  const tensors = folder.file("large.safetensors");
  writeLarge(tensors);
  expect(folder.run(["convert", "large.safetensors", "large.pth"]).status).toBe(0);
  for (const file of [tensors, folder.file("large.pth")]) {
    const load = peakMemory(file, "globalThis.kept = await checkpoint.loadCheckpoint(source);");
    // It was all read: the rest was there before.
    expect(load, file).toBeGreaterThan(500 * mebibyte);
    expect(load - 512 * mebibyte, file).toBeLessThan(1.5 * 256 * mebibyte);
    const nowhere = "{ async write() {} }";
    for (const write of ["writePytorch", "writeSafetensors"]) {
      const program = `await checkpoint.${write}(await checkpoint.openCheckpoint(source), ${nowhere});`;
      // The largest tensor itself is what there is of a result.
      expect(peakMemory(file, program), `${write} of ${file}`).toBeLessThan(2.5 * 256 * mebibyte);
    }
  }
});

test("an interrupt leaves nothing behind", async () => {
  using folder = new Folder();
  writeLarge(folder.file("large.safetensors"));
  const words = ["convert", "large.safetensors", "large.pth"];
  const child = spawn(process.execPath, [dist("cli.js"), ...words], { cwd: folder.path, stdio: "ignore" });
  while (folder.names().length === 1 && child.exitCode === null) await sleep(5);
  expect(folder.names()).toContainEqual(expect.stringMatching(/^\.large\.pth\.\d+\.new\.tmp$/));
  child.kill("SIGINT");
  const [status] = (await once(child, "exit")) as [any];
  expect(status).toBe(130);
  expect(folder.names()).toEqual(["large.safetensors"]);
});

test("on a terminal, a bar shows the tensors, and the program ends", () => {
  using folder = new Folder();
  writeLarge(folder.file("large.safetensors"));
  // `script` of util-linux gives the program a terminal.
  const command = `'${process.execPath}' '${dist("cli.js")}' convert large.safetensors large.pth`;
  // The other tests want no bars.
  const { CRF_RNN_PROGRESS: _, ...env } = process.env;
  const options = { cwd: folder.path, encoding: "utf8", timeout: 600_000, env } as const;
  const { status, stdout, error } = spawnSync("script", ["-qec", command, "/dev/null"], options);
  expect(error).toBeUndefined();
  expect(status).toBe(0);
  expect(stdout).toMatch(/tensor\d \[=*-*\] \d\/9/);
  expect(stdout).toContain("large.pth: 9 tensors of large.safetensors (safetensors)");
});
