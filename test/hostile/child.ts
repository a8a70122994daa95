import { existsSync, readFileSync } from "node:fs";
import { FormatError } from "../../src/errors.ts";
import type { Kind } from "./files.ts";
import { readHostileFile } from "./read.ts";

// Reads the one file that it is given in a process of its own, and tells on standard output how that went.

const [kind, path] = process.argv.slice(2) as [Kind, string];
const began = process.cpuUsage();
const error = await readHostileFile(kind, path, () => new Uint8Array(readFileSync(path))).catch(
  (reason: unknown) => reason,
);
const { user, system } = process.cpuUsage(began);
const facts = error instanceof FormatError ? { offset: error.offset, file: error.file } : {};
const outcome = {
  end: error === undefined ? "read" : error instanceof FormatError ? "refused" : "failed",
  message: error instanceof Error ? error.message : undefined,
  ...facts,
  seconds: (user + system) / 1e6,
  mebibytes: mostMemory() / 1024,
};
process.stdout.write(JSON.stringify(outcome));

/** The most that this process held, in KiB. What the host says includes the process that it was forked from; Linux knows better. */
function mostMemory(): number {
  const own = existsSync("/proc/self/status") && /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"));
  return own ? Number(own[1]) : process.resourceUsage().maxRSS;
}
