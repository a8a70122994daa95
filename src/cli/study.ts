import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { fileSource } from "../checkpoint/checkpoint.ts";
import { openPart } from "../data/openDataset.ts";
import { CrfRnnError, FormatError, UsageError } from "../errors.ts";
import { quote } from "../quote.ts";
import { boundaryBand } from "../data/boundary.ts";
import { type Tally, tallyOf } from "../search/tally.ts";
import { parametersOf } from "../search/params.ts";
import { drawStudyReport } from "../study/report.ts";
import { type Row, runsFor, type StudyRun } from "../study/rows.ts";
import { linesOf, markdownOf, type Result } from "../study/table.ts";
import { differentiate, disposeAll } from "../train/differentiate.ts";
import { openState } from "../train/state.ts";
import { checkpointFile, metricsFile } from "../train/surroundings.ts";
import { argmax } from "../data/argmax.ts";
import type { Picture } from "../train/report/pictures.ts";
import { parseFlags } from "./demo/comparison.ts";
import { openModelFile } from "./modelFile.ts";
import { openDevice } from "./openDevice.ts";
import { type CommonFlags, report } from "./options.ts";
import { makeFolder, writeTogether } from "./output.ts";
import { readParams } from "./paramsFlag.ts";
import { type Progress, startProgress } from "./progress.ts";
import { searchAs } from "./search.ts";
import { type SearchFlags, searchWords } from "./search/flags.ts";
import { partOf } from "./shard.ts";
import { type StudyFlags, studyWords } from "./study/flags.ts";
import { train } from "./train.ts";
import { configure } from "./train/configure.ts";
import { type TrainFlags, trainWords } from "./train/flags.ts";
import { type Images, openImages, readSample } from "./train/images.ts";
import { interrupted } from "./train/interrupt.ts";
import { planOf } from "./train/plan.ts";
import { countLearned } from "../train/runTraining.ts";
import { createTrainable } from "../train/learner.ts";
import { open } from "../device/open.ts";

export const studyCommand = (): Command => studyWords().action(run);

/** Of how many pictures one is kept for the search. */
const searchShare = 5;

/** Pictures that the report shows. */
const pictured = 6;

/** A study that is under way. */
interface Study {
  readonly flags: StudyFlags;
  readonly common: CommonFlags;
  readonly runs: readonly StudyRun[];
  readonly images: Images;
  /** What runs learn from, what is searched on, and what rows are scored on, as `--data` and `--val` name them. */
  readonly sets: { readonly learn: string; readonly search: string; readonly val: string };
  /** What could not be done, for the summary. */
  readonly failures: { readonly what: string; readonly problem: string }[];
}

async function run(flags: StudyFlags): Promise<void> {
  const study = await begin(flags);
  if (flags.dryRun) return printPlan(study);
  write(flags.out, "study.json", `${JSON.stringify(factsOf(study), undefined, 1)}\n`);
  for (const name of ["learn", "search"] as const) write(flags.out, `${name}.txt`, listOf(study, name));
  const seeds = partOf(
    Array.from({ length: flags.seeds }, (_, i) => i + 1),
    flags.shard,
  );
  {
    using progress = startProgress(flags, seeds.length * (study.runs.length + flags.rows.length));
    for (const seed of seeds) {
      if (await studySeed(study, seed, progress)) continue;
      process.exitCode = interrupted;
      progress[Symbol.dispose]();
      return report(
        flags,
        { command: "study", interrupted: true },
        `${flags.out}: interrupted; repeat the command to go on.`,
      );
    }
  }
  const lines = linesOf(flags.rows, resultsOf(study));
  const markdown = markdownOf(lines);
  write(flags.out, "study.md", `${markdown}\n\n${notesOf(study).join("\n")}\n`);
  write(flags.out, "study.html", await draw(study, lines));
  const text = [
    markdown,
    ...study.failures.map(({ what, problem }) => `not done: ${what}: ${problem}`),
    `${join(flags.out, "study.html")} shows it with pictures`,
  ];
  report(flags, { command: "study", out: flags.out, lines, failures: study.failures }, text.join("\n"));
  if (study.failures.length > 0) process.exitCode = 1;
}

/** Looks at data and flags, and at what is there already. @throws UsageError, FormatError */
async function begin(flags: StudyFlags): Promise<Study> {
  if (flags.shard.of > flags.seeds) {
    throw new UsageError({
      where: "--shard",
      expected: `at most ${flags.seeds} parts, as many as seeds`,
      got: String(flags.shard.of),
      remedy: "the rows of a seed begin from one another, so that a part is some seeds",
    });
  }
  const { data, format, device, adapter, threads, plainSimd } = flags;
  const common: CommonFlags = { device, adapter, threads, plainSimd, quiet: true };
  // The flags of all runs are looked at before the first of them.
  const some = trainFlags(["--data", data, ...valWords(flags), ...flags.train], common);
  const stray = ["out", "stage", "steps", "seed", "iterations", "weights", "compatibility", "params"] as const;
  const taken = stray.find((name) => flags.train.includes(`--${name}`));
  if (taken !== undefined) {
    throw new UsageError({
      where: "--train",
      expected: "flags that are the same for all runs",
      got: `--${taken}`,
      remedy: "leave it out: the rows say it",
    });
  }
  const images = await openImages({ ...some, format });
  if (images.val.length === 0) {
    throw new UsageError({
      where: "--val",
      expected: "pictures to score on",
      got: "none",
      remedy: "name some by --val DIR@SPLIT",
    });
  }
  if (images.train.length < 2 * searchShare && flags.params === undefined) {
    const expected = `${2 * searchShare} pictures to learn from or more, of which every fifth is searched on`;
    throw new UsageError({ where: "--data", expected, got: String(images.train.length), remedy: "give --params" });
  }
  const folder = data.replace(/@[^@/\\]*$/, "");
  const own = (await openPart(data, { format })).splits ? folder : data;
  const listed = (name: string): string => `${own}@${join(flags.out, `${name}.txt`)}`;
  const study: Study = {
    flags,
    common,
    images,
    runs: runsFor(flags.rows, flags.params === undefined),
    sets: { learn: listed("learn"), search: listed("search"), val: flags.val ?? `${own}@val` },
    failures: [],
  };
  if (flags.params !== undefined) await readParams(flags.params);
  requireSameStudy(study);
  return study;
}

const trainFlags = (words: readonly string[], common: CommonFlags): TrainFlags =>
  parseFlags<TrainFlags>(
    trainWords()
      .exitOverride()
      .configureOutput({ outputError: () => {} }),
    ["--out", "unused", ...words],
    common,
  );

const valWords = ({ val, format }: StudyFlags): string[] => [
  ...(val === undefined ? [] : ["--val", val]),
  ...(format === undefined ? [] : ["--format", format]),
];

/** What all results depend on; rows and seeds may be added later. */
const factsOf = ({ flags, images }: Study): Readonly<Record<string, string | number>> => ({
  data: flags.data,
  val: flags.val ?? "its own",
  pictures: `${images.train.length} and ${images.val.length}`,
  steps: flags.steps,
  more: moreOf(flags),
  train: flags.train.join(" "),
  params: flags.params ?? "searched for",
  trials: flags.trials,
  band: flags.band,
});

const moreOf = ({ steps, more }: StudyFlags): number => more ?? Math.max(1, Math.round(steps / 4));

/** @throws FormatError where the folder has another study */
function requireSameStudy(study: Study): void {
  const file = join(study.flags.out, "study.json");
  if (!existsSync(file)) return;
  const there = parseObject(file);
  const here = factsOf(study);
  const differing = Object.keys(here).filter((name) => there[name] !== here[name]);
  if (differing.length === 0) return;
  const words = differing.map((name) => `${name}: ${String(there[name])} there, ${here[name]} here`);
  throw new FormatError({
    file,
    expected: "this study",
    got: `another: ${words.join("; ")}`,
    remedy: "repeat the command that began it, or name another --out",
  });
}

function parseObject(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // It is told below.
  }
  throw new FormatError({ file, expected: "what crf-rnn study wrote", got: "something else", remedy: "delete it" });
}

function write(folder: string, name: string, text: string): void {
  makeFolder(folder);
  writeTogether([{ file: join(folder, name), bytes: new TextEncoder().encode(text) }]);
}

/** The ids of what is learned from, or searched on. */
function listOf({ images, flags }: Study, name: "learn" | "search"): string {
  const isSearched = (index: number): boolean => flags.params === undefined && index % searchShare === 0;
  const ids = images.train.filter((_, index) => isSearched(index) === (name === "search")).map(({ id }) => id);
  return ids.map((id) => `${id}\n`).join("");
}

const seedFolder = ({ flags }: Study, seed: number): string => join(flags.out, `seed-${seed}`);
const runFolder = (study: Study, seed: number, name: string): string => join(seedFolder(study, seed), name);
const rowFile = (study: Study, seed: number, { name }: Row): string =>
  join(seedFolder(study, seed), `${name}.tallies.json`);

/** Does what is missing of a seed; false where the user stops it. */
async function studySeed(study: Study, seed: number, progress: Progress): Promise<boolean> {
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
    if (!failed.has(row.run)) await scoreRow(study, seed, row);
    progress.step();
  }
  return true;
}

/** A row that diverges is told and does not stop the others. What throws nothing of ours is a fault. */
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

/** The CRF's first parameters as flags of train and of evaluate; T is the row's. */
async function crfWords(study: Study, seed: number): Promise<string[]> {
  const file = study.flags.params ?? (await searched(study, seed));
  const { thetaAlpha, thetaBeta, thetaGamma, spatialWeight, bilateralWeight, temperature, normalization } =
    parametersOf(await readParams(file));
  return Object.entries({
    "--theta-alpha": thetaAlpha,
    "--theta-beta": thetaBeta,
    "--theta-gamma": thetaGamma,
    "--spatial-weight": spatialWeight,
    "--bilateral-weight": bilateralWeight,
    "--temperature": temperature,
    "--normalize": normalization,
  }).flatMap(([flag, value]) => [flag, String(value)]);
}

/** The parameters that were searched for behind the network alone. */
async function searched(study: Study, seed: number): Promise<string> {
  const out = join(seedFolder(study, seed), "params.json");
  if (existsSync(out)) return out;
  const { flags, sets, common } = study;
  const checkpoint = join(runFolder(study, seed, "plain"), checkpointFile);
  const trials = join(seedFolder(study, seed), "params.trials.jsonl");
  const words = ["--data", sets.search, "--checkpoint", checkpoint, "--out", out, "--trials", String(flags.trials)];
  const more = ["--folds", "2", "--seed", String(seed), "--range", "iterations=10"];
  const resume = existsSync(trials) ? ["--resume"] : [];
  await searchAs(
    parseFlags<SearchFlags>(
      searchWords(),
      [...words, ...more, ...resume, ...(flags.format ? ["--format", flags.format] : [])],
      common,
    ),
  );
  return out;
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

/** The model of a row. */
async function openRow(study: Study, seed: number, row: Row, device: Parameters<typeof openModelFile>[0]) {
  const disconnected = row.crf === "disconnected" ? await crfWords(study, seed) : [];
  const flags = trainFlags(["--data", study.flags.data, ...disconnected], study.common);
  const checkpoint = join(runFolder(study, seed, row.run), checkpointFile);
  return await openModelFile(device, { ...flags, checkpoint, crf: row.crf, iterations: Math.max(1, row.iterations) });
}

async function scoreRow(study: Study, seed: number, row: Row): Promise<void> {
  const file = rowFile(study, seed, row);
  if (existsSync(file)) return;
  const { images, flags } = study;
  await using opened = await openDevice(study.common);
  const { model } = await openRow(study, seed, row, opened.device);
  using _model = model;
  const tallies: Record<string, Tally> = {};
  for (const item of images.val) {
    const sample = await readSample(item);
    const { height, width } = sample.image;
    using logits = await model.logits(sample, row.crf === "none" ? {} : { iterations: row.iterations });
    const band = boundaryBand({ height, width, labels: sample.labels }, flags.band);
    tallies[item.id] = tallyOf(await logits.read(), sample.labels, band, images.classes.length);
  }
  write(seedFolder(study, seed), `${row.name}.tallies.json`, JSON.stringify({ row: row.name, seed, tallies }));
}

/** All results that are there, of this part and of others. */
function resultsOf(study: Study): Result[] {
  const { flags, images } = study;
  const seeds = Array.from({ length: flags.seeds }, (_, i) => i + 1);
  return seeds.flatMap((seed) =>
    flags.rows.flatMap((row): Result[] => {
      const file = rowFile(study, seed, row);
      if (!existsSync(file)) return [];
      const { tallies } = parseObject(file) as { readonly tallies?: Readonly<Record<string, Tally>> };
      const missing = images.val.find(({ id }) => !tallies?.[id]);
      if (missing) {
        const got = `none of ${quote(missing.id)}`;
        throw new FormatError({
          file,
          expected: "tallies of all pictures",
          got,
          remedy: "delete it, and repeat the command",
        });
      }
      return [{ row: row.name, seed, tallies: images.val.map(({ id }) => tallies![id]!) }];
    }),
  );
}

const notesOf = ({ flags, images }: Study): string[] => [
  `FCN-8s learned ${flags.steps} steps, and each row ${moreOf(flags)} more from there (${flags.train.join(" ") || "train's defaults"}), ` +
    `on ${images.train.length} pictures${flags.params === undefined ? ", less every fifth, on which the CRF's parameters were searched for" : ""}; ` +
    `scored on ${images.val.length}.`,
  "Change: the mean over seeds, with its bootstrap interval of 95 % over pictures. The paper's numbers are of PASCAL VOC.",
];

async function draw(study: Study, lines: ReturnType<typeof linesOf>): Promise<string> {
  const { images, flags } = study;
  return drawStudyReport({
    title: `The paper's study on ${images.name}`,
    lines,
    notes: notesOf(study),
    classes: images.classes,
    palette: images.palette,
    pictures: await picturesOf(study, lines, flags),
  });
}

/** Some pictures, labeled by the network alone and by the best row with a CRF, of the first seed. */
async function picturesOf(study: Study, lines: ReturnType<typeof linesOf>, flags: StudyFlags): Promise<Picture[]> {
  const plain = flags.rows.find(({ crf }) => crf === "none");
  const refined = lines
    .filter(({ row }) => row.crf !== "none")
    .sort((a, b) => b.meanIU.mean - a.meanIU.mean)
    .find(({ row }) => existsSync(rowFile(study, 1, row)))?.row;
  if (!plain || !existsSync(rowFile(study, 1, plain))) return [];
  await using opened = await openDevice(study.common);
  const label = async (row: Row): Promise<Uint8Array[]> => {
    const { model } = await openRow(study, 1, row, opened.device);
    using _model = model;
    const labels: Uint8Array[] = [];
    for (const item of study.images.val.slice(0, pictured)) {
      using logits = await model.logits(
        await readSample(item),
        row.crf === "none" ? {} : { iterations: row.iterations },
      );
      labels.push(argmax(await logits.read(), study.images.classes.length));
    }
    return labels;
  };
  const [network, crf] = [await label(plain), refined && (await label(refined))];
  return Promise.all(
    study.images.val.slice(0, pictured).map(async (item, i) => {
      const { id, image, labels } = await readSample(item);
      return { id, image, labels, prediction: { network: network[i]!, ...(crf && { crf: crf[i]! }) } } as Picture;
    }),
  );
}

/** Prints rows, runs, steps and the memory of the largest step. */
async function printPlan(study: Study): Promise<void> {
  const { flags, images, runs, common } = study;
  const seeds = partOf(
    Array.from({ length: flags.seeds }, (_, i) => i + 1),
    flags.shard,
  ).length;
  const steps = runs.reduce((sum, { base }) => sum + (base ? flags.steps : moreOf(flags)), 0);
  using device = await open({ prefer: "wasm", threads: 1 });
  const plans: { stage: string; seconds: number; bytes: number; learned: number }[] = [];
  for (const stage of ["fcn8s", ...(runs.some(({ crf }) => crf) ? ["crf-rnn"] : [])]) {
    const own = trainFlags(
      ["--data", flags.data, "--stage", stage, "--steps", String(flags.steps), ...flags.train],
      common,
    );
    const { configuration, timetable } = await configure(own, images);
    using trainable = createTrainable(device, configuration);
    const plan = await planOf(images, configuration, timetable, countLearned(trainable));
    plans.push({
      stage,
      seconds: await secondsOf(study, trainable, configuration),
      bytes: plan.bytes,
      learned: plan.learned,
    });
  }
  const seconds = runs.reduce((sum, { base, crf }) => {
    const { seconds: each } = plans.find(({ stage }) => stage === (crf ? "crf-rnn" : "fcn8s"))!;
    return sum + each * (base ? flags.steps : moreOf(flags));
  }, 0);
  const facts = {
    command: "study",
    dryRun: true,
    rows: flags.rows.map(({ name }) => name),
    runs: runs.map(({ name }) => name),
    seeds,
    steps: seeds * steps,
    hours: (seeds * seconds) / 3600,
    plans,
  };
  const megabytes = Math.ceil(Math.max(...plans.map(({ bytes }) => bytes)) / 2 ** 20);
  const text = [
    `rows        ${facts.rows.join(", ")}`,
    `runs        ${facts.runs.join(", ")}, each of ${seeds} ${seeds === 1 ? "seed" : "seeds"}`,
    `steps       ${facts.steps} in all: ${flags.steps} of FCN-8s and ${moreOf(flags)} of each other run`,
    ...plans.map(
      (plan) =>
        `a step      ${plan.seconds.toFixed(2)} s of ${plan.stage}, ${plan.learned.toLocaleString("en-US")} learned numbers, by one thread of WebAssembly`,
    ),
    `cost        about ${facts.hours.toFixed(1)} h by one thread, and what searches and scoring take`,
    `memory      about ${megabytes.toLocaleString("en-US")} MiB for a step on the largest image`,
    "Nothing was trained or written.",
  ];
  report(flags, facts, text.join("\n"));
}

/** Seconds that the gradients of one picture take; the second time, as the first warms up. */
async function secondsOf(
  { images }: Study,
  trainable: ReturnType<typeof createTrainable>,
  configuration: Awaited<ReturnType<typeof configure>>["configuration"],
): Promise<number> {
  const sample = await readSample(images.train[0]!);
  let seconds = 0;
  for (let time = 0; time < 2; time++) {
    const began = performance.now();
    const { gradients } = await differentiate({ trainable, configuration }, sample, time, {});
    disposeAll(gradients);
    await trainable.finish();
    seconds = (performance.now() - began) / 1000;
  }
  return seconds;
}
