import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findMpirun } from "../../scripts/environment.mjs";
import { checkpointFile } from "../../src/train/surroundings.ts";
import type { Folder } from "../cli/command.ts";
import { familyOf, type Process } from "../cli/processes.ts";

export const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** Unless told not to, Open MPI binds a rank to one core, with all its threads. */
const openmpiWords = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"];

/** The launchers, with what lets them run as root and with more ranks than processors. */
const launchers = {
  mpich: { program: findMpirun("mpich") ?? "mpirun.mpich", words: [] as string[] },
  openmpi: { program: findMpirun("openmpi") ?? "mpirun.openmpi", words: openmpiWords },
} as const;

export type Launcher = keyof typeof launchers;
export const launcherNames = Object.keys(launchers) as Launcher[];

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Those lines of it that crf-rnn wrote. */
  readonly said: readonly string[];
}

/** A command that a launcher has begun, with a mark in the environment of all its processes. */
export interface Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  family(): readonly Process[];
}

/** How else than on this machine in Node. */
export interface Launch {
  readonly environment?: Readonly<Record<string, string>>;
  /** The words before the program. Default: this Node. */
  readonly host?: readonly string[];
  /** The words before the launcher. Default: none. */
  readonly before?: readonly string[];
  /** More words for the launcher. */
  readonly more?: readonly string[];
}

/** Begins `crf-rnn` with these words in some ranks. */
export function launch(
  launcher: Launcher,
  size: number,
  words: readonly string[],
  folder: Folder,
  { environment, host = [process.execPath], before = [], more = [] }: Launch = {},
): Launched {
  const { program: mpirun, words: own } = launchers[launcher];
  const [command, ...rest] = [...before, mpirun, ...own, ...more, "-n", String(size), ...host, program, ...words];
  const mark = `${folder.path} ${Math.random()}`;
  const env = { ...process.env, CRF_RNN_PROGRESS: "never", NO_COLOR: "1", ...environment, CRF_RNN_TEST: mark };
  // Both launchers give local processes the environment that they have themselves.
  const child = spawn(command!, [...rest, "--distributed", "mpi"], {
    cwd: folder.path,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([status]) => ({
    status: status as number | null,
    stdout,
    stderr,
    said: stderr.split("\n").filter((line) => line.startsWith("crf-rnn: ")),
  }));
  return { child, ended, family: () => familyOf(child.pid!, mark) };
}

/** The process of a rank. */
export function processOf(rank: number, family: readonly Process[]): Process | undefined {
  return family.find(({ id, words }) => {
    if (!words.includes("cli.js") || words.startsWith("mpirun")) return false;
    try {
      const variables = readFileSync(`/proc/${id}/environ`, "latin1").split("\0");
      return [`PMI_RANK=${rank}`, `OMPI_COMM_WORLD_RANK=${rank}`].some((word) => variables.includes(word));
    } catch {
      return false; // it ended meanwhile
    }
  });
}

export const checkpointOf = (folder: Folder, run: string): Buffer =>
  readFileSync(folder.file(`${run}/${checkpointFile}`));
