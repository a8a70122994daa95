import { join } from "node:path";
import type { Command } from "commander";
import { fileSource, openCheckpoint, type Source } from "../checkpoint/checkpoint.ts";
import type { Finding } from "../diagnosis/finding.ts";
import { checkPredictions } from "../diagnosis/predictions.ts";
import { UsageError } from "../errors.ts";
import { describeFit, fitOf, shapesOf } from "../train/begin.ts";
import type { Configuration } from "../train/configuration.ts";
import { countLearned } from "../train/countLearned.ts";
import type { Setting } from "../train/goingOn.ts";
import type { Timetable } from "../train/loop.ts";
import { requireSame } from "../train/alike.ts";
import { bestOf, type Metric, type ValidationMetric } from "../train/metrics.ts";
import type { Ranks } from "../train/ranks.ts";
import { runTraining, type Outcome } from "../train/runTraining.ts";
import { checkpointFile, formerFile, reportFile, type Surroundings } from "../train/surroundings.ts";
import { currentHost, passOn } from "./hosts.ts";
import { describeNotes, type FileNote, notesOf } from "./notes.ts";
import { openDevice } from "./openDevice.ts";
import { withLocalAdapter } from "./localAdapter.ts";
import { openOptionsOf, report } from "./options.ts";
import { startProgress } from "./progress.ts";
import { checkTogether, configure } from "./train/configure.ts";
import { trainWords, type TrainFlags } from "./train/flags.ts";
import { checkImages, openImages, type Images, type LogitsReader } from "./train/images.ts";
import { trainInPage } from "./train/inPage.ts";
import { Interrupt, interrupted } from "./train/interrupt.ts";
import { LocalSurroundings, tellProgress } from "./train/local.ts";
import { openLogits } from "./train/logits.ts";
import type { Traffic } from "../distributed/mpiRanks.ts";
import { describeOutcome, describePlan, describeTraffic, planOf } from "./train/plan.ts";
import { leads, seatOf, threadsOf, together } from "./train/together.ts";
import { RunFiles } from "./train/runFiles.ts";
import { RunFolder } from "./train/runFolder.ts";
import { flagsFile, readFlags, storeFlags, withStored } from "./train/storedFlags.ts";
import { writeParams } from "./train/writeParams.ts";
import { writeReport } from "./train/writeReport.ts";

/** All that a run is made of. */
interface Task {
  readonly flags: TrainFlags;
  readonly images: Images;
  readonly logits: LogitsReader | undefined;
  readonly configuration: Configuration;
  /** The settings that the command line names explicitly. */
  readonly said: ReadonlySet<Setting>;
  readonly timetable: Timetable;
}

/** The result of a run. */
export interface Trained {
  readonly outcome: Outcome;
  /** All metrics of the run, including those from before it was resumed; none at a rank that writes none. */
  readonly metrics?: readonly Metric[];
}

export const trainCommand = () => trainWords().action(run);

async function run(given: Partial<TrainFlags>, command: Command): Promise<void> {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === "cli";
  const flags = given as TrainFlags;
  const trained = flags.distributed
    ? await together(async (ranks) => trainAsRank(await completed(flags, isGiven, ranks), ranks))
    : await trainAlone(await completed(flags, isGiven));
  if (!trained) return;
  const { outcome, metrics, traffic } = trained;
  if (outcome.ending === "interrupted") process.exitCode = interrupted;
  if (metrics === undefined) return;
  const validation = metrics.findLast((metric) => metric.event === "validation");
  const findings = validation ? findingsIn(validation) : [];
  const facts = {
    command: "train",
    ...outcome,
    out: flags.out,
    report: join(flags.out, reportFile),
    validation,
    best: bestOf(metrics),
    findings,
    traffic,
  };
  const lines = [...outcome.notes, describeOutcome(flags.out, outcome, metrics), ...describeNotes(notesOf(findings))];
  if (traffic) lines.push(describeTraffic(traffic));
  report(flags, facts, lines.join("\n"));
}

/** What is suspect in what a model has learned: first that of the network, which is below the CRF. */
function findingsIn({ step, network, crf }: ValidationMetric): Finding[] {
  const file = `validation after step ${step}`;
  const ofNetwork = checkPredictions({ file, ...network, refined: false });
  return crf && ofNetwork.length === 0 ? checkPredictions({ file, ...crf, refined: true }) : ofNetwork;
}

async function trainAlone(flags: TrainFlags): Promise<(Trained & { readonly traffic?: Traffic }) | undefined> {
  if (flags.host === "chromium" || flags.host === currentHost) {
    return withTask(flags, (task) => (flags.dryRun ? printPlan(task) : trainTask(task)));
  }
  process.exitCode = await passOn(flags.host);
  return undefined;
}

/** What a run's folder tells of the command that began the run. */
interface Remembered {
  readonly stored?: Partial<TrainFlags>;
  /** Whether there is a checkpoint. */
  readonly saved: boolean;
}

async function remembered({ out, resume }: TrainFlags): Promise<Remembered> {
  const run = new RunFiles(out);
  const saved = [checkpointFile, formerFile].some((name) => run.has(name));
  return { saved, stored: resume && run.has(flagsFile) ? await readFlags(run.file(flagsFile)) : undefined };
}

/** The flags of a run, those it was begun with included where it goes on. @throws UsageError where no data are named */
async function completed(flags: TrainFlags, isGiven: (name: string) => boolean, ranks?: Ranks): Promise<TrainFlags> {
  const { stored, saved } = await fromFirst(ranks, () => remembered(flags));
  const all = stored ? withStored(flags, stored, isGiven, saved) : flags;
  if ((all as Partial<TrainFlags>).data) return all;
  const remedy = flags.resume ? "name the data that the run was begun with" : "name a folder of images with labels";
  throw new UsageError({ where: "--data", expected: "images to train on", got: "none", remedy });
}

/** Trains as `crf-rnn train` does, printing progress alone. @throws as the command does */
export const train = (flags: TrainFlags): Promise<Required<Trained>> => withTask(flags, trainTask);

async function withTask<Result>(
  flags: TrainFlags,
  work: (task: Task) => Promise<Result>,
  ranks?: Ranks,
): Promise<Result> {
  checkTogether(flags);
  if (leads(ranks)) RunFolder.check(flags.out, flags.resume ?? false);
  const images = await openImages(flags);
  const everything = [...images.train, ...images.val];
  const logits = flags.logits ? await openLogits(flags.logits, images.classes.length, everything) : undefined;
  try {
    requireValidation(flags, images);
    const task = { flags, images, logits: logits?.read, ...(await configure(flags, images)) };
    if (!flags.resume) {
      const begins = flags.init === undefined ? [] : await beginningNotes(flags.init, task.configuration);
      await check(flags, images, logits?.notes, begins);
    }
    return await work(task);
  } finally {
    await logits?.close();
  }
}

/** What the model does not take from `--init`, before the first step. @throws FormatError where nothing of it fits */
async function beginningNotes(init: string, configuration: Configuration): Promise<string[]> {
  const source = await fileSource(init);
  try {
    const checkpoint = await openCheckpoint(source, { partial: true });
    return describeFit(source.name, fitOf(checkpoint, source.name, shapesOf(configuration)));
  } finally {
    await source.close();
  }
}

/** @throws UsageError for patience that nothing could try */
function requireValidation({ patience, valImages }: TrainFlags, { val }: Images): void {
  if (patience === undefined || val.length > 0) return;
  throw new UsageError({
    where: "--patience",
    expected: "images to validate by",
    got: valImages === 0 ? "--val-images 0" : "data without a split val",
    remedy: "name some by --val DIR@SPLIT",
  });
}

async function check(
  flags: TrainFlags,
  images: Images,
  told: readonly FileNote[] = [],
  begins: readonly string[] = [],
): Promise<void> {
  using progress = startProgress(flags, images.train.length + images.val.length);
  const notes = await checkImages(images, () => {
    progress.step();
    progress.stage("checking images and labels");
  });
  const lines = begins.map((line) => `note: ${line}`);
  const blind = images.val.length === 0 && flags.valImages !== 0 ? [noValidation] : [];
  for (const line of flags.quiet ? [] : [...describeNotes([...told, ...notes]), ...lines, ...blind])
    progress.note(line);
}

const noValidation =
  "note: nothing is validated, as no split val was found in one folder; --val DIR@SPLIT names images to validate by";

async function printPlan({ flags, images, configuration, timetable }: Task): Promise<undefined> {
  const plan = await planOf(images, configuration, timetable);
  report(flags, { command: "train", dryRun: true, ...plan }, describePlan(plan));
}

/** What `read` gives at the first rank, at all: the others may be on machines that do not reach the run's folder. */
async function fromFirst<Value>(ranks: Ranks | undefined, read: () => Promise<Value>): Promise<Value> {
  if (!ranks) return read();
  const own = leads(ranks) ? JSON.stringify(await read()) : "";
  return JSON.parse(new TextDecoder().decode(await ranks.spread(new TextEncoder().encode(own)))) as Value;
}

/** Trains as one of several ranks. The first has the run's folder; the others need to reach the data alone. */
async function trainAsRank(asked: TrainFlags, ranks: Ranks): Promise<Trained> {
  const seat = await seatOf(ranks);
  const flags = await withLocalAdapter({ ...asked, threads: asked.threads ?? threadsOf(seat) }, seat.rank);
  return withTask(
    leads(ranks) ? flags : { ...flags, quiet: true, json: false, trace: undefined },
    async (task) => {
      await requireSame(ranks, linesOf(task.configuration), {
        expected: "the same command and the same data at all ranks",
        remedy: "make the data and the files that flags name readable at the same places on every machine",
      });
      return leads(ranks) ? trainTask(task, ranks) : followTask(task, ranks);
    },
    ranks,
  );
}

const linesOf = (configuration: Configuration): string =>
  Object.entries(configuration)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join("\n");

/** Trains without a folder, as the first rank says. */
async function followTask(asked: Task, ranks: Ranks): Promise<Trained> {
  const configuration = await fromFirst<Configuration>(ranks, async () => asked.configuration);
  const task = { ...asked, configuration };
  return { outcome: await trainIn(task, { ranks }) };
}

async function trainTask(asked: Task, ranks?: Ranks): Promise<Required<Trained>> {
  using folder = new RunFolder(asked.flags.out);
  const { flags, timetable } = asked;
  const resumed = flags.resume ? await folder.resume({ ...asked, steps: timetable.steps }) : undefined;
  // Only now, as flags that are refused say nothing of the run.
  folder.write(flagsFile, storeFlags(flags));
  const task = { ...asked, configuration: resumed?.configuration ?? asked.configuration };
  await fromFirst(ranks, async () => task.configuration);
  const trained = await trainIn(task, { folder, from: resumed?.step, ranks });
  const outcome = { ...trained, notes: [...(resumed?.notes ?? []), ...trained.notes] };
  await writeParams(folder, task.configuration);
  const note = await writeReport(folder, task.images, task.configuration, outcome);
  const notes = note === undefined ? outcome.notes : [...outcome.notes, note];
  return { outcome: { ...outcome, notes }, metrics: folder.metrics() };
}

/** Where a run writes, the steps done before where it goes on from its checkpoint, and with whom it trains. */
interface Place {
  readonly folder?: RunFolder;
  readonly from?: number;
  readonly ranks?: Ranks;
}

async function trainIn(task: Task, { folder, from, ranks }: Place): Promise<Outcome> {
  const { flags, images, logits, configuration, timetable } = task;
  using interrupt = new Interrupt();
  using progress = startProgress(flags, timetable.steps, from);
  progress.stage("opening the device");
  const tell = tellProgress(progress, timetable.steps, configuration.batch);
  const learned = countLearned(configuration).free;
  const draw = async (): Promise<void> => {
    // What cannot be drawn now is told at the end, if it cannot be drawn then.
    if (folder) await writeReport(folder, images, configuration, { adapter: "goes on", learned });
  };
  const surroundings = new LocalSurroundings(images, logits, folder, interrupt, tell, { ranks, draw });
  const begins = from === undefined ? { init: flags.init } : { resume: folder?.file(checkpointFile) };
  // The other ranks get what the first one begins from.
  const beginning = folder ? { ...begins, exact: flags.exact } : {};
  if (flags.host !== "chromium") return await trainHere(task, surroundings, beginning);
  return await trainInPage(
    { configuration, timetable, images: surroundings.images, device: openOptionsOf(flags), ...beginning },
    surroundings,
  );
}

async function trainHere(
  { flags, configuration, timetable }: Task,
  surroundings: Surroundings,
  files: { readonly resume?: string; readonly init?: string; readonly exact?: boolean },
): Promise<Outcome> {
  const source = async (file?: string): Promise<Source | undefined> => (file ? fileSource(file) : undefined);
  const { exact } = files;
  const beginning = { resume: await source(files.resume), init: await source(files.init), exact };
  try {
    await using opened = await openDevice(flags);
    const { device } = opened;
    return await runTraining(device, configuration, timetable, surroundings, beginning);
  } finally {
    await beginning.resume?.close();
    await beginning.init?.close();
  }
}
