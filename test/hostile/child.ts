import { readFileSync } from "node:fs";
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
  mebibytes: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(outcome));
