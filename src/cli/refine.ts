import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { openDevice } from "./openDevice.ts";
import { report } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";
import { startProgress } from "./progress.ts";
import { type RefineFlags, refineWords } from "./refine/flags.ts";
import { inputsOf, type Job, listJobs } from "./refine/jobs.ts";
import { notesOfGiven, refineMany } from "./refine/many.ts";
import { describe, describePlan } from "./refine/plan.ts";
import { isField, refineField } from "./refine/refineField.ts";
import { readGiven, Refiner } from "./refine/refiner.ts";
import { requireOneUnary } from "./refine/unary.ts";

export const refineCommand = (): Command => refineWords().action(run);

async function run(places: readonly string[], flags: RefineFlags, command: Command): Promise<void> {
  if (isField(flags, command)) return refineField(places, flags, command);
  if (places.length === 0) {
    const remedy = "see crf-rnn help refine";
    throw new UsageError({
      where: "refine",
      expected: "pictures, --volume or --features",
      got: "none of them",
      remedy,
    });
  }
  const { jobs, single } = listJobs(places, flags);
  if (!single) {
    requireOneUnary(flags);
    return refineMany(jobs, flags);
  }
  if (flags.resume || flags.shard.of > 1) {
    throw new UsageError({
      where: flags.resume ? "--resume" : "--shard",
      expected: "several pictures",
      got: "one",
      remedy: "leave it out, or name a folder",
    });
  }
  return refineOne(jobs[0]!, flags);
}

async function refineOne(job: Job, flags: RefineFlags): Promise<void> {
  checkDestinations(job.outputs, inputsOf([job], flags));
  const began = performance.now();
  requireOneUnary(flags);
  using progress = startProgress(flags, flags.iterations + 2);
  progress.stage("reading");
  const given = await readGiven(job, flags);
  const { image, unary, findings } = given;
  const { height, width } = image;
  const { classes } = unary;
  await using opened = await openDevice(flags);
  const { device } = opened;
  const refiner = new Refiner(device, flags);
  const plan = {
    command: "refine",
    image: job.file,
    height,
    width,
    classes,
    iterations: flags.iterations,
    device: device.kind,
    adapter: device.info.name,
    notes: image.notes,
    findings,
    outputs: job.outputs.map(({ file }) => file),
  };
  const notes = notesOfGiven(given);
  if (flags.dryRun) {
    const lattices = await refiner.measure(given);
    progress[Symbol.dispose]();
    return void report(flags, { ...plan, dryRun: true, ...lattices }, describePlan(plan, lattices, notes));
  }

  progress.step();
  progress.stage("building the lattices");
  const {
    outputs,
    changedPixels,
    iterations,
    pruned,
    findings: all,
  } = await refiner.refine(given, (done, of) => {
    progress.stage(of === flags.iterations ? "iterating" : "refining by bands");
    if (of === flags.iterations) progress.step();
    else progress.at(done, of);
  });
  progress.stage("writing");
  writeTogether(outputs);
  progress[Symbol.dispose]();
  const facts = {
    ...plan,
    findings: all,
    changedPixels,
    iterations,
    pruned,
    peakBytes: device.peakBytes,
    milliseconds: performance.now() - began,
  };
  report(flags, facts, describe(facts, notesOfGiven({ ...given, findings: all })));
}
