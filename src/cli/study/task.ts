import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openPart } from "../../data/openDataset.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { parametersOf } from "../../search/params.ts";
import { type Row, runsFor, type StudyRun } from "../../study/rows.ts";
import { parseFlags } from "../demo/comparison.ts";
import type { CommonFlags } from "../options.ts";
import { makeFolder, writeTogether } from "../output.ts";
import { readParams } from "../paramsFlag.ts";
import { type TrainFlags, trainWords } from "../train/flags.ts";
import { type Images, openImages } from "../train/images.ts";
import type { StudyFlags } from "./flags.ts";

/** Of how many pictures one is kept for the search. */
const searchShare = 5;

/** A study that is under way. */
export interface Study {
  readonly flags: StudyFlags;
  readonly common: CommonFlags;
  readonly runs: readonly StudyRun[];
  readonly images: Images;
  /** What runs learn from, what is searched on, and what rows are scored on, as `--data` and `--val` name them. */
  readonly sets: { readonly learn: string; readonly search: string; readonly val: string };
  /** What could not be done, for the summary. */
  readonly failures: { readonly what: string; readonly problem: string }[];
}

/** Looks at data and flags, and at what is there already. @throws UsageError, FormatError */
export async function beginStudy(flags: StudyFlags): Promise<Study> {
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
  if (flags.params !== undefined) parametersOf(await readParams(flags.params), flags.params);
  requireSameStudy(study);
  return study;
}

export const trainFlags = (words: readonly string[], common: CommonFlags): TrainFlags =>
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
export const factsOf = ({ flags, images }: Study): Readonly<Record<string, string | number>> => ({
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

export const moreOf = ({ steps, more }: StudyFlags): number => more ?? Math.max(1, Math.round(steps / 4));

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

export function parseObject(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // It is told below.
  }
  throw new FormatError({ file, expected: "what crf-rnn study wrote", got: "something else", remedy: "delete it" });
}

export function write(folder: string, name: string, text: string): void {
  makeFolder(folder);
  writeTogether([{ file: join(folder, name), bytes: new TextEncoder().encode(text) }]);
}

/** The ids of what is learned from, or searched on. */
export function listOf({ images, flags }: Study, name: "learn" | "search"): string {
  const isSearched = (index: number): boolean => flags.params === undefined && index % searchShare === 0;
  const ids = images.train.filter((_, index) => isSearched(index) === (name === "search")).map(({ id }) => id);
  return ids.map((id) => `${id}\n`).join("");
}

export const seedFolder = ({ flags }: Study, seed: number): string => join(flags.out, `seed-${seed}`);
export const runFolder = (study: Study, seed: number, name: string): string => join(seedFolder(study, seed), name);
export const rowFile = (study: Study, seed: number, { name }: Row): string =>
  join(seedFolder(study, seed), `${name}.tallies.json`);
