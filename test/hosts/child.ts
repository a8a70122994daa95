import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { bundleFolder } from "./bundle.ts";
import { root } from "./folders.ts";
import { MARK, type ProcessOptions } from "./protocol.ts";

/** How to start a process that runs build/test/process.js. */
export interface Program {
  readonly path: string;
  /** Arguments before the script. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Reports end after this long without news: the process hangs and is killed. */
export const SILENCE_MILLISECONDS = 600_000;

/**
 * Runs the suites in a process and hands over each report; resolves when it has ended by itself with status 0.
 * @throws Error with the last of what the process printed, if it could not be started, failed, or fell silent.
 */
export function runProcess(
  program: Program,
  options: ProcessOptions,
  report: (value: unknown) => void,
  silence = SILENCE_MILLISECONDS,
): Promise<void> {
  const child = spawn(program.path, [...program.flags, `${bundleFolder}/process.js`, JSON.stringify(options)], {
    cwd: root,
    env: { ...process.env, ...program.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chatter: string[] = [];
  let silent = false;
  const watch = setTimeout(() => {
    silent = true;
    child.kill("SIGKILL");
  }, silence);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      watch.refresh();
      if (line.startsWith(MARK)) report(JSON.parse(line.slice(MARK.length)));
      else chatter.push(line);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => {
      clearTimeout(watch);
      if (status === 0) return resolve();
      const ending = silent ? `silent for ${silence} ms, killed` : `ended with ${signal ?? `status ${status}`}`;
      reject(new Error(`${program.path} ${ending}\n${chatter.slice(-40).join("\n")}`));
    });
  });
}
