import { basename, resolve } from "node:path";
import { Command } from "commander";
import { fileSource } from "../checkpoint/checkpoint.ts";
import { CrfRnnError, UsageError } from "../errors.ts";
import type { Configuration } from "../train/configuration.ts";
import { countLearned } from "../train/countLearned.ts";
import type { Made } from "../train/made.ts";
import { bestOf, meanIUOf } from "../train/metrics.ts";
import { drawComparison, mostCompared } from "../train/report/comparison.ts";
import { openState } from "../train/state.ts";
import { bestFile, checkpointFile, reportFile } from "../train/surroundings.ts";
import { report, type CommonFlags } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";
import { openImages, type Images } from "./train/images.ts";
import { RunFiles } from "./train/runFiles.ts";
import { flagsFile, readFlags } from "./train/storedFlags.ts";
import { reportOf } from "./train/writeReport.ts";

interface ReportFlags extends CommonFlags {
  readonly out?: string;
  readonly data?: readonly string[];
  readonly val?: string;
}

const examples = `
Examples:
  crf-rnn report runs/crf                            draws runs/crf/report.html again, also while the run goes on
  crf-rnn report runs/fcn runs/crf --out both.html   compares runs: curves, scores, classes, and by what they differ

A run remembers its data; where these lie elsewhere now, --data says so, as in train. Without them there are no pictures.`;

export function reportCommand(): Command {
  const some = (word: string, former: readonly string[] | undefined): readonly string[] => [...(former ?? []), word];
  return new Command("report")
    .description("draw the report of a training run, or compare several runs")
    .argument("<runs...>", "folders of crf-rnn train")
    .option("--out <page.html>", "the page to write (default: report.html in the run's folder)")
    .option("--data <dir...>", "where the run's data lie now", some)
    .option("--val <dir>", "where its validation images lie now")
    .addHelpText("after", examples)
    .action(run);
}

/** A run that was read. */
interface Opened {
  readonly files: RunFiles;
  readonly name: string;
  readonly configuration: Configuration;
  readonly made?: Made;
}

async function run(places: readonly string[], flags: ReportFlags): Promise<void> {
  const out = flags.out ?? (places.length === 1 ? new RunFiles(places[0]!).file(reportFile) : undefined);
  if (out === undefined || places.length > mostCompared) {
    const [where, got] = out === undefined ? ["--out", "none"] : ["report", `${places.length} runs`];
    const expected = out === undefined ? "a page to write the comparison to" : `${mostCompared} runs at most`;
    throw new UsageError({ where, expected, got });
  }
  const runs: Opened[] = [];
  for (const [i, name] of namesOf(places).entries()) runs.push(await openRun(places[i]!, name));
  checkDestinations([{ flag: "--out", file: out, extension: ".html" }]);
  const { html, notes } = runs.length === 1 ? await drawOne(runs[0]!, flags) : { html: comparison(runs), notes: [] };
  writeTogether([{ file: out, bytes: new TextEncoder().encode(html) }]);
  const facts = runs.map(({ files, name }) => ({ run: files.path, name, best: bestOf(files.metrics()) }));
  const lines = facts.map(({ name, best }) =>
    best
      ? `${name}: best mean IU ${meanIUOf(best).toFixed(4)} after step ${best.step}`
      : `${name}: nothing validated yet`,
  );
  report(flags, { command: "report", out, runs: facts, notes }, [...notes, ...lines, out].join("\n"));
}

const comparison = (runs: readonly Opened[]): string =>
  drawComparison(runs.map(({ name, configuration, files }) => ({ name, configuration, metrics: files.metrics() })));

/** Names by which runs differ: of their folders, or the whole paths where two are alike. */
function namesOf(places: readonly string[]): string[] {
  const names = places.map((place) => basename(resolve(place)));
  return new Set(names).size === names.length ? names : [...places];
}

/** @throws FormatError, UsageError for a folder without a checkpoint */
async function openRun(path: string, name: string): Promise<Opened> {
  const files = new RunFiles(path);
  // The best parameters tell the configuration, too, where the last checkpoint is being mended.
  const file = [checkpointFile, bestFile].find((each) => files.has(each));
  if (file === undefined) {
    const remedy = "name the folder that crf-rnn train wrote to; a run has a checkpoint once its first loss is known";
    throw new UsageError({ where: path, expected: `a run with ${checkpointFile}`, got: "none", remedy });
  }
  const source = await fileSource(files.file(file));
  try {
    const { configuration, made } = await openState(source);
    return { files, name, configuration, made };
  } finally {
    await source.close();
  }
}

async function drawOne({ files, configuration, made }: Opened, flags: ReportFlags) {
  const found = await imagesOf(files, flags);
  const html = await reportOf(files, "note" in found ? undefined : found, configuration, {
    adapter: made ? `${made.device}, ${made.host}` : "not told",
    learned: countLearned(configuration).free,
  });
  return { html, notes: "note" in found ? [found.note] : [] };
}

/** The run's images, or a note that says why there are none to draw. @throws CrfRnnError where they were named on the command line */
async function imagesOf(files: RunFiles, { data, val }: ReportFlags): Promise<Images | { readonly note: string }> {
  try {
    if (data === undefined && !files.has(flagsFile)) {
      return { note: `no pictures are drawn, as the run has no ${flagsFile}: name its data by --data` };
    }
    const stored = files.has(flagsFile) ? await readFlags(files.file(flagsFile)) : undefined;
    const { format, valImages } = stored ?? {};
    return await openImages({
      data: data ?? stored!.data,
      val: val ?? (data ? undefined : stored?.val),
      format,
      valImages,
    });
  } catch (error) {
    if (data !== undefined || !(error instanceof CrfRnnError)) throw error;
    return { note: `no pictures are drawn: ${error.message} (--data says where the data lie now)` };
  }
}
