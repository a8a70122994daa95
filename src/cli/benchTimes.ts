import { spawnSync } from "node:child_process";
import * as valibot from "valibot";
import { UsageError } from "../errors.ts";
import { parseJson } from "../data/json.ts";
import { readWhole } from "./input.ts";

/** Milliseconds of lines, by name, that others took. */
export interface Times {
  readonly name: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

const time = valibot.pipe(valibot.number(), valibot.finite(), valibot.gtValue(0));
const line = valibot.object({ name: valibot.string(), least: time });

const saved = valibot.object({
  command: valibot.literal("bench"),
  version: valibot.string(),
  host: valibot.string(),
  device: valibot.object({ name: valibot.string(), threads: valibot.number() }),
  kernels: valibot.array(line),
  composites: valibot.array(line),
});

const printed = valibot.object({
  name: valibot.optional(valibot.string(), "peer"),
  milliseconds: valibot.record(valibot.string(), time),
});

/** Reads what `bench --save` wrote. @throws FormatError */
export async function readTimes(file: string): Promise<Times> {
  const { version, host, device, kernels, composites } = parseJson(await readWhole(file), file, saved).value;
  return {
    name: `${file} (crf-rnn ${version}, ${host}, ${device.name}, threads: ${device.threads})`,
    milliseconds: Object.fromEntries([...kernels, ...composites].map(({ name, least }) => [name, least])),
  };
}

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
  return parseJson(stdout, `--peer '${command}'`, printed).value;
}
