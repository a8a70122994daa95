/**
 * Training over MPI, measured: seconds a step, bytes that a rank sends, and the share of a step in which it waits; and on paper, what that comes to
 * for the full network on many machines.
 *
 *   npm run bench:scale                        one process with 1 and 2 threads, and 2 ranks with 1, by every MPI that is here
 *   npm run bench:scale -- --width 0.5 --size 128 --batch 4 --steps 6
 *   npm run bench:scale -- --model             the arithmetic alone
 *
 * It needs `npm run build` before, and a machine on which nothing else runs: ranks that wait look for messages all the time.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findMpirun } from "../scripts/environment.mjs";
import { writeShapes } from "../src/cli/demo/shapesFolder.ts";
import type { Traffic } from "../src/distributed/mpiRanks.ts";
import type { Metric } from "../src/train/metrics.ts";
import { checkpointFile, metricsFile } from "../src/train/surroundings.ts";
import { describeModel } from "./scale/model.ts";
import { markdown } from "./table.ts";

const { values: flags } = parseArgs({
  options: {
    model: { type: "boolean", default: false },
    width: { type: "string", default: "0.25" },
    size: { type: "string", default: "96" },
    batch: { type: "string", default: "4" },
    steps: { type: "string", default: "6" },
  },
});

interface Way {
  readonly name: string;
  readonly launcher: readonly string[];
  readonly threads: number;
}

function ways(): Way[] {
  const node = [process.execPath];
  const [mpich, openmpi] = [findMpirun("mpich"), findMpirun("openmpi")];
  return [
    { name: "1 process", launcher: node, threads: 1 },
    { name: "1 process", launcher: node, threads: 2 },
    ...(mpich ? [{ name: "2 ranks, MPICH", launcher: [mpich, "-n", "2", ...node], threads: 1 }] : []),
    ...(openmpi
      ? [
          {
            name: "2 ranks, Open MPI",
            launcher: [openmpi, ..."--allow-run-as-root --oversubscribe --bind-to none -n 2".split(" "), ...node],
            threads: 1,
          },
        ]
      : []),
  ];
}

interface Measured extends Way {
  readonly seconds: readonly number[];
  readonly traffic?: Traffic;
  readonly digest: string;
}

function measure(way: Way, folder: string): Measured {
  const { launcher, threads } = way;
  const out = join(folder, `run-${Math.random()}`);
  const words = [
    ..."train --stage fcn8s --device wasm --seed 1 --rate 1e-6 --val-images 0 --json --save-every 1000000".split(" "),
    ...["--data", join(folder, "shapes"), "--out", out, "--threads", String(threads)],
    ...["--width", flags.width, "--batch", flags.batch, "--steps", flags.steps],
    ...(launcher.length > 1 ? ["--distributed", "mpi"] : []),
  ];
  const [program, ...before] = launcher;
  const { status, stdout, stderr } = spawnSync(program!, [...before, join("dist", "cli.js"), ...words], {
    encoding: "utf8",
    env: { ...process.env, CRF_RNN_PROGRESS: "never" },
  });
  if (status !== 0) throw new Error(`${launcher.join(" ")}: status ${status}\n${stderr}`);
  const lines = readFileSync(join(out, metricsFile), "utf8").trim().split("\n");
  const metrics = lines.map((line) => JSON.parse(line) as Metric);
  return {
    ...way,
    seconds: metrics.flatMap((metric) => (metric.event === "step" ? [metric.seconds] : [])),
    traffic: (JSON.parse(stdout) as { readonly traffic?: Traffic }).traffic,
    digest: createHash("sha256")
      .update(readFileSync(join(out, checkpointFile)))
      .digest("hex")
      .slice(0, 8),
  };
}

/** The first step compiles and tunes. */
const median = (seconds: readonly number[]): number =>
  seconds.slice(1).sort((a, b) => a - b)[(seconds.length - 1) >> 1]!;

function describe({ name, threads, seconds, traffic, digest }: Measured): string[] {
  const total = seconds.reduce((sum, each) => sum + each, 0);
  return [
    name,
    String(threads),
    `${median(seconds).toFixed(3)} s`,
    traffic ? `${(traffic.bytes / seconds.length / 1e6).toFixed(2)} MB` : "–",
    traffic ? `${((100 * traffic.waited) / total).toFixed(0)} %` : "–",
    digest,
  ];
}

function run(): void {
  const folder = mkdtempSync(join(tmpdir(), "crf-rnn-scale-"));
  try {
    const size = Number(flags.size);
    writeShapes(join(folder, "shapes"), { seed: 3, size, train: 8, val: 1 });
    const measured = ways().map((way) => measure(way, folder));
    console.log(`FCN-8s, width ${flags.width}, ${size} × ${size}, batch ${flags.batch}, ${flags.steps} steps\n`);
    const head = ["", "threads each", "a step", "sent a step by the first rank", "waits", "checkpoint"];
    console.log(markdown([head, head.map(() => "---"), ...measured.map(describe)]));
    const digests = new Set(measured.map(({ digest }) => digest));
    if (digests.size === 1) return;
    console.error("The checkpoints differ.");
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (flags.model) console.log(describeModel());
else run();
