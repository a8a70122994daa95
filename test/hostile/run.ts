import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../hosts/folders.ts";
import type { HostileFile } from "./files.ts";

/** How the reading of one file ended, in a process of its own. */
export interface HostileOutcome {
  /** `aborted`: the process was, for want of memory; `endless`: it was ended after `mostSeconds`. */
  readonly end: "read" | "refused" | "failed" | "aborted" | "endless";
  readonly message?: string;
  readonly offset?: number;
  readonly bytes: number;
  /** Processor time. */
  readonly seconds: number;
  /** The most memory that the process ever held. */
  readonly mebibytes: number;
}

/** Generous: tests that end by it fail, however slow the machine is. */
const mostSeconds = 100;

/** Puts the program that reads together, out of the sources as they are. */
export async function buildReader(): Promise<string> {
  const outfile = `${root}build/test/hostile.mjs`;
  const options = { bundle: true, format: "esm", platform: "node", target: "es2022", packages: "external" } as const;
  await build({ ...options, entryPoints: [`${root}test/hostile/child.ts`], outfile, logLevel: "error" });
  return outfile;
}

/** Reads a file in a process with a heap of 900 MB. */
export function runHostile(reader: string, file: HostileFile): HostileOutcome {
  const folder = mkdtempSync(join(tmpdir(), "crf-rnn-hostile-"));
  try {
    const path = join(folder, file.name.replaceAll(" ", "-"));
    writeFileSync(path, file.make(file.amount));
    const words = ["--max-old-space-size=900", reader, file.kind, path];
    const { stdout, signal } = spawnSync(process.execPath, words, { encoding: "utf8", timeout: 1000 * mostSeconds });
    const bytes = statSync(path).size;
    if (!stdout) return { end: signal === "SIGTERM" ? "endless" : "aborted", bytes, seconds: NaN, mebibytes: NaN };
    return { ...(JSON.parse(stdout) as Omit<HostileOutcome, "bytes">), bytes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
