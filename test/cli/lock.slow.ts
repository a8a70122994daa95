import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { longestSilence } from "../../src/cli/train/lock.ts";
import { until } from "./processes.ts";
import { readMetrics, shapesFolder, trainWords } from "./training.ts";

const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** Runs a command where no process of ours can be seen, nor seen from here: as on another machine that shares the folder. */
const elsewhere = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];

test("a run that goes on elsewhere keeps its folder while its heart beats, and leaves it two minutes after it stopped", async () => {
  using folder = shapesFolder();
  const words = trainWords("run", "--val-images", "0", "--save-every", "5", "--quiet");
  const [command, ...before] = [...elsewhere, process.execPath, program, ...words, "--steps", "1000000"];
  const other = spawn(command, before, { cwd: folder.path, stdio: "ignore" });
  const ended = once(other, "close");
  try {
    const lock = folder.file("run/lock.json");
    await until(() => existsSync(folder.file("run/checkpoint.safetensors")), 60_000);
    const made = statSync(lock).mtimeMs;
    const note = readFileSync(lock, "utf8");
    await until(() => statSync(lock).mtimeMs > made, 60_000); // while it computes as fast as it can
    expect(readFileSync(lock, "utf8")).toBe(note);

    const refused = folder.run([...words, "--steps", "2", "--resume"]);
    expect(refused.stderr).toMatch(
      /^crf-rnn: --out: expected .* no other process trains in, got run, where process \d+ of \S+ does, whose heart beat \d+ s ago — wait for it/,
    );
    expect(refused.status).toBe(2);

    other.kill("SIGKILL"); // and with it, by --kill-child, all that it started
    await ended;
    expect(folder.run([...words, "--steps", "2", "--resume"]).status).toBe(2);
    const then = new Date(Date.now() - longestSilence - 1000);
    utimesSync(lock, then, then);
    const steps = readMetrics(folder, "run").length;
    expect(folder.run([...words, "--steps", String(steps + 10), "--resume"])).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(lock)).toBe(false);
  } finally {
    other.kill("SIGKILL");
    await ended;
  }
});
