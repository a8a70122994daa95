import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "./folders.ts";

const run = promisify(execFile);

test.each([
  ["node", "2"],
  ["node", "1"],
  ["deno", "2"],
  ["chromium", "2"],
])("every case passes on a device in a worker: %s, %s threads", async (host, threads) => {
  const words = ["scripts/suite.mjs", "--worker", "--host", host, "--threads", threads];
  const { stdout } = await run(process.execPath, words, { cwd: root, maxBuffer: 2 ** 26 }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toMatch(/\npassed: \d+ of \d+ cases/);
});
