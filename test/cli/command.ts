import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, vi } from "vitest";
import { main } from "../../src/cli/cli.ts";

const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `crf-rnn` with these words, in `folder`. `launcher` goes before the program's path. */
export function crfRnn(
  words: readonly string[],
  folder = tmpdir(),
  launcher: readonly string[] = [process.execPath],
): Outcome {
  if (!existsSync(program)) throw new Error("dist/cli.js is missing: run `npm run build` first");
  const [command = "", ...before] = launcher;
  const { status, stdout, stderr, error } = spawnSync(command, [...before, program, ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/**
 * Runs the program from its sources within this process, where modules are loaded and compiled already: a refusal takes a tenth of the
 * processor time that it takes in a process of its own, and a training of a few steps a third. Real processes are for `crfRnn`: their
 * statuses, their signals, and that what is built does what the sources do. One command at a time: two would print into one another's outcome.
 */
export async function crfRnnInProcess(words: readonly string[], folder = tmpdir()): Promise<Outcome> {
  const printed = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    }),
  );
  const before = { folder: process.cwd(), exitCode: process.exitCode };
  const heard = signals.map((signal) => process.listeners(signal));
  process.chdir(folder);
  try {
    return { status: await main(words), ...printed };
  } finally {
    process.chdir(before.folder);
    process.exitCode = before.exitCode;
    for (const spy of spies) spy.mockRestore();
    // A command hears signals until its process ends, which this one outlives.
    for (const [i, signal] of signals.entries()) {
      for (const listener of process.listeners(signal))
        if (!heard[i]!.includes(listener)) process.off(signal, listener);
    }
  }
}

/** A folder of its own, gone when the test ends with `using`. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "crf-rnn-test-"));

  /** Writes a file and returns its name. */
  write(name: string, bytes: Uint8Array | string): string {
    writeFileSync(join(this.path, name), bytes);
    return name;
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { recursive: true });
  }

  file(name: string): string {
    return join(this.path, name);
  }

  names(): string[] {
    return readdirSync(this.path).sort();
  }

  run(words: readonly string[], launcher?: readonly string[]): Outcome {
    return crfRnn(words, this.path, launcher);
  }

  /** `run` within this process. */
  async runInProcess(words: readonly string[]): Promise<Outcome> {
    return await crfRnnInProcess(words, this.path);
  }

  /** Expects bad input: status 2, one sentence that matches, nothing on standard output and no new file. */
  refuses(words: readonly string[], sentence: RegExp, launcher?: readonly string[]): void {
    const before = this.names();
    this.#expectRefusal(this.run(words, launcher), sentence, before);
  }

  /** `refuses` within this process. */
  async refusesInProcess(words: readonly string[], sentence: RegExp): Promise<void> {
    const before = this.names();
    this.#expectRefusal(await this.runInProcess(words), sentence, before);
  }

  #expectRefusal({ status, stdout, stderr }: Outcome, sentence: RegExp, before: readonly string[]): void {
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).not.toMatch(/\bat .*\.js:\d/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(this.names()).toEqual(before);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether file systems can be mounted here, in a namespace of one's own. */
export function canMount(): boolean {
  try {
    execFileSync("unshare", ["-rm", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
