import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeShapes } from "../../src/cli/demo/shapesFolder.ts";
import type { Metric } from "../../src/train/metrics.ts";
import { Folder } from "./command.ts";

/** Flags of the smallest network there is, on one thread: a step takes some 30 ms. */
export const tiny = "--widths 4,4,4,4,4,4 --device wasm --threads 1".split(" ");

/** A folder with `shapes`, six pictures of 24 × 24 pixels to train on and two to validate by. */
export function shapesFolder(): Folder {
  const folder = new Folder();
  writeShapes(folder.file("shapes"), { seed: 3, size: 24, train: 6, val: 2 });
  return folder;
}

/** `crf-rnn train` on the shapes in the folder. */
export const trainWords = (out: string, ...words: readonly string[]): string[] => [
  "train",
  "--data",
  "shapes",
  "--out",
  out,
  ...tiny,
  ...words,
];

export const readMetrics = (folder: Folder, run: string): Metric[] =>
  readFileSync(folder.file(`${run}/metrics.jsonl`), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Metric);

const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Begins the command in the folder, with more in its environment. */
export function begin(folder: Folder, words: readonly string[], more: Readonly<Record<string, string>>): ChildProcess {
  const env = { ...process.env, NO_COLOR: "1", ...more };
  return spawn(process.execPath, [program, ...words], { cwd: folder.path, env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Begins the command, sends it a signal as soon as `due` says so (asked every few milliseconds), and waits for its end. */
export async function stop(
  folder: Folder,
  words: readonly string[],
  signal: NodeJS.Signals,
  due: () => boolean,
  launcher: readonly string[] = [process.execPath],
): Promise<Ended> {
  const [command = "", ...before] = launcher;
  const child = spawn(command, [...before, program, ...words], {
    cwd: folder.path,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const watch = setInterval(() => {
    if (!due()) return;
    clearInterval(watch);
    child.kill(signal);
  }, 3);
  return new Promise((resolve) => {
    child.once("close", (status, ended) => {
      clearInterval(watch);
      resolve({ status, signal: ended, stderr });
    });
  });
}
