import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";

import { amongMany, type Finding } from "../../diagnosis/finding.ts";
import { CrfRnnError } from "../../errors.ts";
import { printableEnd } from "../../quote.ts";
import { isDone } from "../done.ts";
import { describeNotes, type FileNote, notesOf } from "../notes.ts";
import { openDevice } from "../openDevice.ts";
import { report } from "../options.ts";
import { checkDestinations, makeFolder, writeTogether } from "../output.ts";
import { countPassedOver, incomplete, ofOnePicture, tellPassedOver } from "../passedOver.ts";
import { startProgress } from "../progress.ts";
import { partOf } from "../shard.ts";
import type { RefineFlags } from "./flags.ts";
import { inputsOf, type Job } from "./jobs.ts";
import { type Given, readGiven, Refiner } from "./refiner.ts";

interface Failure {
  readonly image: string;
  readonly problem: string;
}

/** What became of the pictures, for the report. */
interface Account {
  readonly pictures: number;
  refined: number;
  skipped: number;
  readonly failures: Failure[];
  readonly notes: FileNote[];
  readonly findings: Finding[];
  changedPixels: number;
  pixels: number;
}

/** Refines many pictures, each by itself: what cannot be refined is counted, unless `--strict` says that it ends the command. */
export async function refineMany(all: readonly Job[], flags: RefineFlags): Promise<void> {
  const part = partOf(all, flags.shard);
  if (flags.dryRun) return void reportPlan(all, part, flags);
  prepareFolders(part, flags);
  const began = performance.now();
  const account: Account = {
    pictures: part.length,
    refined: 0,
    skipped: 0,
    failures: [],
    notes: [],
    findings: [],
    changedPixels: 0,
    pixels: 0,
  };
  await using opened = await openDevice(flags);
  const { device } = opened;
  const refiner = new Refiner(device, flags);
  {
    using progress = startProgress(flags, part.length);
    for (const job of part) {
      progress.stage(`refining ${printableEnd(basename(job.file))}`);
      if (flags.resume && wasDone(job, flags)) {
        account.skipped++;
      } else {
        const line = await refineJob(job, flags, refiner, account);
        if ("problem" in line) tellPassedOver(progress, line.problem);
        if (flags.json) process.stdout.write(`${JSON.stringify(line)}\n`);
      }
      progress.step();
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const { name: adapter } = device.info;
  const { refined, skipped, failures } = account;
  const facts = {
    command: "refine",
    pictures: all.length,
    part: part.length,
    refined,
    skipped,
    failures,
    seconds,
    adapter,
  };
  report(flags, facts, describeAccount(all.length, account, flags, `${seconds.toFixed(1)} s on ${adapter}`));
  if (failures.length > 0) process.exitCode = incomplete;
}

/** Refines one picture and writes what is made of it, or returns why it cannot be. @throws where no other could be refined either */
async function refineJob(job: Job, flags: RefineFlags, refiner: Refiner, account: Account): Promise<Failure | object> {
  const attempt = async () => {
    const given = await readGiven(job, flags);
    return { given, made: await refiner.refine(given, () => {}) };
  };
  const result = await attempt().catch((error: unknown) => ofOnePicture(error, flags));
  const image = job.file;
  if (result instanceof CrfRnnError) {
    const failure = { image, problem: result.message };
    account.failures.push(failure);
    return failure;
  }
  const { given, made } = result;
  writeTogether(made.outputs);
  const { height, width } = given.image;
  account.refined++;
  account.notes.push(...notesOfImage(given));
  account.findings.push(...made.findings);
  account.changedPixels += made.changedPixels;
  account.pixels += height * width;
  const outputs = made.outputs.map(({ file }) => file);
  const { unary, image: photograph } = given;
  const { findings } = made;
  return {
    image,
    height,
    width,
    classes: unary.classes,
    outputs,
    changedPixels: made.changedPixels,
    iterations: made.iterations,
    notes: photograph.notes,
    findings,
  };
}

const notesOfImage = ({ job, image }: Pick<Given, "job" | "image">): FileNote[] =>
  image.notes.map((note) => ({ file: job.file, note }));

/** What is to be said of a picture that was refined all the same. */
export const notesOfGiven = (given: Pick<Given, "job" | "image" | "findings">): FileNote[] => [
  ...notesOfImage(given),
  ...notesOf(given.findings),
];

const wasDone = (job: Job, flags: RefineFlags): boolean =>
  isDone(
    job.outputs.map(({ file }) => file),
    inputsOf([job], flags),
  );

/** Makes the folders of outputs and looks whether they can be written to. @throws UsageError, FormatError */
function prepareFolders(jobs: readonly Job[], flags: RefineFlags): void {
  const outputs = jobs.filter(({ misnamed }) => !misnamed).flatMap((job) => job.outputs);
  const firstOf = new Map(outputs.map((output) => [dirname(output.file), output]));
  for (const folder of firstOf.keys()) makeFolder(folder);
  checkDestinations([...firstOf.values()], inputsOf(jobs, flags));
}

function reportPlan(all: readonly Job[], part: readonly Job[], flags: RefineFlags): void {
  const missing = part
    .flatMap(({ logits, annotation }) => [logits, annotation])
    .filter((file) => file !== undefined && !existsSync(file));
  const done = flags.resume ? part.filter((job) => wasDone(job, flags)).length : 0;
  const facts = { command: "refine", dryRun: true, pictures: all.length, part: part.length, done, missing };
  const first =
    missing[0] === undefined ? "" : `; ${missing.length} files are missing, the first ${printableEnd(missing[0], 160)}`;
  const kept = done > 0 ? `, ${done} of them done` : "";
  report(flags, facts, `${all.length} pictures, ${part.length} in this part${kept}${first}; nothing was written`);
}

function describeAccount(all: number, account: Account, { shard }: RefineFlags, time: string): string {
  const { refined, skipped, failures, notes, findings, changedPixels, pixels } = account;
  const part = shard.of > 1 ? `, part ${shard.index} of ${shard.of}` : "";
  const kept = skipped > 0 ? `, ${skipped} done before` : "";
  const changed = pixels > 0 ? `; ${((100 * changedPixels) / pixels).toFixed(1)} % of the labels changed` : "";
  return [
    ...describeNotes([...notes, ...notesOf(amongMany(findings, refined))]),
    `${refined} of ${all} pictures refined${part}${kept}${countPassedOver(failures)}${changed}, ${time}`,
  ].join("\n");
}
