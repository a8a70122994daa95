import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeNpy } from "../../src/data/npy.ts";
import { canMount, Folder } from "./command.ts";

const words = ["filter", "--features", "values.npy", "--values", "values.npy", "--device", "wasm", "--out"];

/** Runs `program words` in a namespace where `place` is a file system of 64 KiB mounted with `options`, then lists it. */
const onDisk = (options: string): string[] => [
  "unshare",
  "-rm",
  "sh",
  "-c",
  `mount -t tmpfs -o ${options} none place && ${process.execPath} "$@"; status=$?; ls -A place; exit $status`,
  "sh",
];

// Where a sandbox refuses `unshare -rm`, the report says "skipped", and a full disk is only tried with a failing write
// (output.test.ts).
test.skipIf(!canMount())("a full disk and a read-only one: one sentence, status 2, nothing left", () => {
  using folder = new Folder();
  const data = new Float32Array(40_000).map((_, i) => Math.sin(i));
  folder.write("values.npy", encodeNpy({ shape: [20_000, 2], data }));
  mkdirSync(folder.file("place"));
  for (const [options, sentence] of [
    ["size=64k", /place\/out\.npy: expected a place to write to, got a full disk — free some space/],
    ["size=64k,ro", /place\/out\.npy: expected a place to write to, got a read-only file system/],
  ] as const) {
    const { status, stdout, stderr } = folder.run([...words, "place/out.npy"], onDisk(options));
    expect(stderr).toMatch(sentence);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  }
});

// In a container each process may be number 1: the next one must not stumble over what a killed one left.
test.skipIf(!canMount())("a process killed while writing does not hinder the next one of the same number", () => {
  using folder = new Folder();
  folder.write("values.npy", encodeNpy({ shape: [4, 2], data: new Float32Array(8) }));
  const kill = "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';";
  folder.write(
    "kill.mjs",
    `${kill} fs.fsyncSync = () => process.kill(process.pid, "SIGKILL"); syncBuiltinESMExports();`,
  );
  const alone = ["unshare", "-rp", "--fork", "sh", "-c", '"$@"; exit $?', "sh", process.execPath];
  const killed = folder.run([...words, "out.npy", "--quiet"], [...alone, "--import", folder.file("kill.mjs")]);
  expect(killed.status).toBe(128 + 9);
  const left = folder.names().filter((name) => name.endsWith(".new.tmp"));
  expect(left).toHaveLength(1);
  expect(folder.run([...words, "out.npy", "--quiet"], alone)).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(folder.names()).toEqual([...left, "kill.mjs", "out.npy", "values.npy"]);
});
