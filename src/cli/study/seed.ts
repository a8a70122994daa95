import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileSource } from "../../checkpoint/checkpoint.ts";
import { CrfRnnError, FormatError, UsageError } from "../../errors.ts";
import type { StudyRun } from "../../study/rows.ts";
import { openState } from "../../train/state.ts";
import { checkpointFile, metricsFile } from "../../train/surroundings.ts";
import { makeFolder } from "../output.ts";
import type { Progress } from "../progress.ts";
import { train } from "../train.ts";
import { crfWords } from "./crf.ts";
import { scoreRow } from "./score.ts";
import { moreOf, runFolder, seedFolder, type Study, trainFlags } from "./task.ts";

/** Does what is missing of a seed; false where the user stops it. */
export async function studySeed(study: Study, seed: number, progress: Progress): Promise<boolean> {
  const { flags, runs } = study;
  makeFolder(seedFolder(study, seed));
  const failed = new Set<string>();
  for (const one of runs) {
    progress.stage(`seed ${seed}: training ${one.name}`);
    const needs = one.from !== undefined && failed.has(one.from) ? one.from : undefined;
    const problem = needs ? `${needs} could not be trained` : await attempt(() => trainRun(study, seed, one));
    if (problem === "interrupted") return false;
    if (problem !== undefined) {
      failed.add(one.name);
      study.failures.push({ what: `seed ${seed}, ${one.name}`, problem });
    }
    progress.step();
  }
  for (const row of flags.rows) {
    progress.stage(`seed ${seed}: scoring ${row.name}`);
    const problem = failed.has(row.run)
      ? undefined
      : await attempt(async () => void (await scoreRow(study, seed, row)));
    if (problem !== undefined) study.failures.push({ what: `seed ${seed}, scores of ${row.name}`, problem });
    progress.step();
  }
  return true;
}

/** A row that diverges, or whose pictures cannot all be read, is told and does not stop the others. What throws nothing of ours is a fault. */
async function attempt(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CrfRnnError && !(error instanceof UsageError)) return error.message;
    throw error;
  }
}

/** The words of `crf-rnn train` for a run. */
async function wordsOf(study: Study, seed: number, one: StudyRun): Promise<string[]> {
  const { flags, sets } = study;
  const words = [
    "--data",
    sets.learn,
    "--val",
    sets.val,
    ...(flags.format ? ["--format", flags.format] : []),
    ...flags.train,
  ];
  const from = one.from === undefined ? [] : ["--init", join(runFolder(study, seed, one.from), checkpointFile)];
  const steps = one.base ? flags.steps : moreOf(flags);
  const parameters = one.crf ? await crfWords(study, seed) : [];
  return [...words, ...from, "--seed", String(seed), "--steps", String(steps), ...parameters, ...one.flags];
}

async function trainRun(study: Study, seed: number, one: StudyRun): Promise<string | undefined> {
  const out = runFolder(study, seed, one.name);
  const steps = one.base ? study.flags.steps : moreOf(study.flags);
  if ((await stepsIn(join(out, checkpointFile))) >= steps) return undefined;
  const flags = trainFlags(await wordsOf(study, seed, one), study.common);
  const resume = [checkpointFile, metricsFile].some((name) => existsSync(join(out, name)));
  const { outcome } = await train({ ...flags, out, resume });
  return outcome.ending === "interrupted" ? "interrupted" : undefined;
}

/** The steps that a checkpoint has behind it; 0 where none can be read, which training will tell. */
async function stepsIn(file: string): Promise<number> {
  if (!existsSync(file)) return 0;
  const source = await fileSource(file);
  try {
    return (await openState(source)).step;
  } catch (error) {
    if (error instanceof FormatError) return 0;
    throw error;
  } finally {
    await source.close();
  }
}
