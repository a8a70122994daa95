import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Folder } from "./command.ts";
import { familyOf, survivors, until, type Process } from "./processes.ts";
import { begin, shapesFolder, trainWords } from "./training.ts";

export let folder: Folder;
const tally: Partial<Record<NodeJS.Signals, number>> = {};
let processes = 0;
beforeAll(() => void (folder = shapesFolder()));
afterAll(() => {
  folder[Symbol.dispose]();
  console.info(`ended by ${JSON.stringify(tally)}: ${processes} processes, none left`);
});

// Hosts start slowly on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

export const linesIn = (run: string): number => {
  const file = folder.file(`${run}/metrics.jsonl`);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
};

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly family: readonly Process[];
}

/** Begins a command, sends it a signal when it is due, and waits for the end of all processes that it had by then. */
export async function endBy(
  signal: NodeJS.Signals,
  words: readonly string[],
  due: (family: readonly Process[]) => boolean,
  environment: Readonly<Record<string, string>> = {},
) {
  const mark = randomUUID();
  const child = begin(folder, words, { CRF_RNN_TEST: mark, ...environment });
  const closed = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  let family: Process[] = [];
  await until(() => child.exitCode !== null || due((family = familyOf(child.pid!, mark))));
  if (child.exitCode === null) tally[signal] = (tally[signal] ?? 0) + 1;
  child.kill(signal);
  const [status, ended] = await closed;
  await until(() => survivors(family).length === 0 && familyOf(child.pid!, mark).length === 0, 60_000);
  processes += family.length;
  return { status, signal: ended, family } satisfies Ended;
}

export const chromiumIn = (family: readonly Process[]): boolean =>
  family.some(({ words }) => words.includes("--type=renderer"));
const denoIn = (family: readonly Process[]): boolean =>
  family.some(({ words }) => /\bdeno\b.* train|\bdeno\b.* bench/.test(words));
export const hosts = [
  ["deno", denoIn],
  ["chromium", chromiumIn],
] as const;

export type Host = (typeof hosts)[number];

/** Tests of a training in a host that ends by these signals, and killed outright. */
export function describeTraining([host, isThere]: Host, signals: readonly ("SIGHUP" | "SIGTERM" | "SIGINT")[]): void {
  describe(`crf-rnn train --host ${host}`, () => {
    const long = (run: string, ...more: string[]) =>
      trainWords(run, "--steps", "100000", "--quiet", "--host", host, ...more);

    test.each(signals)("at %s saves, and leaves no process behind", async (signal) => {
      const run = `${host}-${signal}`;
      const due = (family: readonly Process[]) => isThere(family) && linesIn(run) > 2;
      const { status, family } = await endBy(signal, long(run), due);
      expect(status).toBe(130);
      expect(family.length).toBeGreaterThan(1);
      expect(readdirSync(folder.file(run))).toContain("report.html");
      expect(readdirSync(folder.file(run))).not.toContain("lock.json");
    });

    test("killed outright leaves no process behind, and its folder to the next run", async () => {
      const run = `${host}-SIGKILL`;
      const due = (family: readonly Process[]) => isThere(family) && linesIn(run) > 2;
      const { signal, family } = await endBy("SIGKILL", long(run), due);
      expect(signal).toBe("SIGKILL");
      expect(family.length).toBeGreaterThan(1);
      const next = folder.run(
        trainWords(run, "--steps", String(linesIn(run) + 1), "--quiet", "--host", host, "--resume"),
      );
      expect(next).toMatchObject({ status: 0, stderr: "" });
      expect(readdirSync(folder.file(run)).filter((name) => name.startsWith(".") || name === "lock.json")).toEqual([]);
    });
  });
}

/** Tests of a benchmark in a host that ends by these signals. */
export function describeBench([host, isThere]: Host, signals: readonly NodeJS.Signals[]): void {
  describe(`crf-rnn bench --host ${host}`, () => {
    test.each(signals)("at %s leaves no process behind", async (signal) => {
      const words = ["bench", "--device", "wasm", "--only", "softmax", "--seconds", "1000", "--host", host, "--quiet"];
      const { family } = await endBy(signal, words, isThere);
      expect(family.length).toBeGreaterThan(1);
    });
  });
}
