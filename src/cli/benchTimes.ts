import { spawnSync } from "node:child_process";
import { parsePeer, parseTimes, type Times } from "../../bench/facts.ts";
import { UsageError } from "../errors.ts";
import { readWhole } from "./input.ts";

/** Reads what `bench --save` wrote. @throws FormatError */
export const readTimes = async (file: string): Promise<Times> => parseTimes(await readWhole(file), file);

/**
 * Runs a shell command that prints `{"name": "…", "milliseconds": {"build spatial 3": 13.1, …}}`.
 * @throws UsageError where it fails, FormatError where it prints something else
 */
export function runPeer(command: string): Times {
  const { status, signal, stdout, stderr } = spawnSync(command, {
    shell: true,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) {
    const complaint = String(stderr).trim().split("\n").at(-1);
    const got = `${signal ?? `status ${status}`}${complaint ? ` (${complaint})` : ""}`;
    throw new UsageError({ where: "--peer", expected: "a command that succeeds", got, remedy: "run it by itself" });
  }
  return parsePeer(stdout, `--peer '${command}'`);
}
