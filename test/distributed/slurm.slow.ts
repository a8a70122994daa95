import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Folder } from "../cli/command.ts";
import { until } from "../cli/processes.ts";
import { shapesFolder, tiny, trainWords } from "../cli/training.ts";
import { root } from "../hosts/folders.ts";
import { checkpointOf, program } from "./launch.ts";
import { Slurm } from "./slurm.ts";

let slurm: Slurm;
let folder: Folder;
beforeAll(async () => {
  folder = shapesFolder();
  expect(folder.run(trainWords("alone", ...run))).toMatchObject({ status: 0, stderr: "" });
  copyFileSync(folder.file("alone/checkpoint.safetensors"), folder.file("crf.safetensors"));
  slurm = await Slurm.start();
});
afterAll(async () => {
  await slurm[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const run = "--steps 2 --batch 2 --rate 1e-3 --val-images 0 --quiet".split(" ");

/** npx as it is where the package is installed, for a cluster of small machines. */
function installProgram(change = ""): void {
  const words = `shift\nwords=" $* "\n${change}\nexec ${process.execPath} ${program} $words`;
  folder.write("npx", `#!/bin/bash\n${words}\n`);
  chmodSync(folder.file("npx"), 0o755);
}

const script = (name: string): string => readFileSync(`${root}examples/cluster/${name}`, "utf8");

describe("srun starts ranks", () => {
  test.each(["pmi2", "pmix"])("by %s, which end in the bits of one process", (plugin) => {
    const words = [process.execPath, program, ...trainWords(plugin, ...run), "--distributed", "mpi"];
    slurm.runIn(folder.path, "srun", `--mpi=${plugin}`, "--ntasks=2", "--kill-on-bad-exit", ...words);
    expect(checkpointOf(folder, plugin).equals(checkpointOf(folder, "alone"))).toBe(true);
  });
});

test("a job array labels all photographs, and passes over them when it is queued again", () => {
  installProgram();
  renameSync(folder.file("shapes/images"), folder.file("photos"));
  folder.write("segment.slurm", script("segment.slurm"));
  const submit = () =>
    slurm.runIn(folder.path, "sbatch", "--wait", "--array=10-40:10", "--cpus-per-task=1", "segment.slurm");
  submit();
  const masks = readdirSync(folder.file("masks"));
  expect(masks.filter((name) => !name.includes("overlay"))).toHaveLength(8);
  const times = () => masks.map((name) => statSync(folder.file(`masks/${name}`)).mtimeMs);
  const before = times();
  submit();
  expect(times()).toEqual(before);
  renameSync(folder.file("photos"), folder.file("shapes/images"));
});

test("the parts of a score are put together to the whole", () => {
  installProgram('words="${words/VOC2012/shapes}"');
  folder.write("evaluate.slurm", script("evaluate.slurm"));
  slurm.runIn(folder.path, "sbatch", "--wait", "--array=1-2", "--cpus-per-task=1", "evaluate.slurm");
  const parts = readdirSync(folder.file("parts")).map((name) => `parts/${name}`);
  expect(parts).toEqual(["parts/1.json", "parts/2.json"]);
  const json = (words: readonly string[]): object =>
    JSON.parse(folder.run(["evaluate", ...words, "--json"]).stdout) as object;
  const merged = json(["--merge", ...parts]);
  const whole = json(["--data", "shapes", "--checkpoint", "crf.safetensors", ...tiny.slice(-4)]);
  expect({ ...merged, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
});

test("a training whose time is up saves, goes back into the queue, and on from there", async () => {
  const more = `--data shapes ${tiny.join(" ")} --steps $(cat steps) --val-images 0 --save-every 1000000 --batch 2`;
  installProgram(`words="\${words/--device webgpu --adapter local/} ${more}"\nwords="\${words/--data voc/}"`);
  writeFileSync(folder.file("steps"), "1000000");
  // The cluster has neither two nodes nor GPUs.
  folder.write("train.slurm", script("train.slurm").replace(/^#SBATCH --(gpus|nodes).*\n/gm, ""));
  const words = ["--parsable", "--ntasks-per-node=2", "--cpus-per-task=1", "--output=train.log", "train.slurm"];
  const job = slurm.runIn(folder.path, "sbatch", ...words).trim();
  const log = folder.file("train.log");
  await slurm.until(job, /JobState=RUNNING/, log);
  await until(() => existsSync(folder.file("runs/fcn/metrics.jsonl")));
  slurm.run("scancel", "--signal=TERM", job);
  await slurm.until(job, /JobState=PENDING[^]* Restarts=1 /, log);
  expect(readdirSync(folder.file("runs/fcn"))).toContain("checkpoint.safetensors");
  expect(readdirSync(folder.file("runs/fcn"))).not.toContain("lock.json");
  writeFileSync(folder.file("steps"), "1");
  // A queue leaves two minutes, and a node needs some seconds until what was stopped is gone.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  slurm.run("scontrol", "update", `JobId=${job}`, "StartTime=now");
  await slurm.until(job, /JobState=COMPLETED/, log);
  expect(readFileSync(log, "utf8")).toMatch(/runs\/fcn: interrupted after step \d+[^]*runs\/fcn: finished/);
});
