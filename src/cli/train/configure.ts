import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileSource } from "../../checkpoint/checkpoint.ts";
import type { Item } from "../../data/dataset.ts";
import { decodeImage } from "../../data/images.ts";
import { readFailure } from "../../data/readFailure.ts";
import type { Augmentation } from "../../data/labeledImage.ts";
import { countLabels } from "../../data/labels.ts";
import { spread } from "../../data/spread.ts";
import type { Given } from "../../description.ts";
import { UsageError } from "../../errors.ts";
import { runOptions } from "../../models/specification.ts";
import type { Configuration } from "../../train/configuration.ts";
import type { BeginningKind } from "../../train/defaults.ts";
import { digestOfIds } from "../../train/digest.ts";
import { settings, type Setting } from "../../train/goingOn.ts";
import type { Timetable } from "../../train/loop.ts";
import { openOptions, trainingOptions } from "../../train/options.ts";
import {
  beginningOf,
  configurationOf,
  croppedPixels,
  type CrfTrainingOptions,
  timetableOf,
  type TrainingOptions,
} from "../../train/trainingConfiguration.ts";
import { currentHost } from "../hosts.ts";
import type { TrainFlags } from "./flags.ts";
import type { Images } from "./images.ts";

/** The run that the flags ask for. */
interface RunRequest {
  readonly configuration: Configuration;
  /** The settings that the flags name explicitly; they may change when a run is resumed. */
  readonly said: ReadonlySet<Setting>;
  readonly timetable: Timetable;
}

/**
 * Returns the run that the flags ask for, with the defaults filled in.
 * @throws FormatError where a file cannot be read
 */
export async function configure(flags: TrainFlags, images: Images): Promise<RunRequest> {
  const options = { ...optionsOf(flags, images.classes), palette: images.palette.slice(0, images.classes.length) };
  const configuration = configurationOf(options, {
    images: { count: images.train.length, digest: await digestOfIds(images.train.map(({ id }) => id)) },
    pixels: await typicalPixels(images.train, flags.augment),
    counts: flags.classWeights === "balanced" ? await countsIn(images.train) : undefined,
    logits: flags.logits !== undefined,
    begins: flags.init === undefined ? "nothing" : await kindOf(flags.init, images.classes.length),
    beginning: await digestOfFiles([flags.init, flags.logits]),
  });
  const names = Object.keys(settings) as Setting[];
  const said = new Set(names.filter((name) => flags[name] !== undefined));
  return { configuration, said, timetable: timetableOf(flags, images.train.length) };
}

/** The flags as a program has them. */
function optionsOf(flags: TrainFlags, classes: readonly string[]): Omit<TrainingOptions, "images"> {
  const { widths, freeze: frozen, augment: augmentation } = flags;
  return {
    ...only(runOptions, flags),
    ...only(trainingOptions, flags),
    ...only(openOptions, flags),
    widths: widths?.slice(0, -1),
    fc: widths?.at(-1),
    classes,
    frozen,
    schedule: flags.schedule,
    rates: flags.rateOf,
    classWeights: flags.classWeights,
    augmentation,
    lstm: flags.lstm === undefined ? undefined : { hidden: flags.lstm, iterations: flags.iterations },
    crf: crfOf(flags),
  };
}

/** Those of the flags that are named like these options. */
const only = <Described extends object>(options: Described, flags: Given<Described>): Given<Described> =>
  Object.fromEntries(Object.keys(options).map((name) => [name, flags[name as keyof Described]])) as Given<Described>;

function crfOf(flags: TrainFlags): CrfTrainingOptions {
  const { iterations, normalize: normalization, activation, learn, thetaAlpha, thetaBeta, thetaGamma } = flags;
  return {
    iterations,
    tied: !flags.untied,
    normalization,
    activation,
    bilateral: { position: thetaAlpha, color: thetaBeta, weight: flags.bilateralWeight },
    spatial: { position: thetaGamma, weight: flags.spatialWeight },
    temperature: flags.temperature,
    weights: flags.weights,
    compatibility: flags.compatibility,
    validationIterations: flags.valIterations,
    learn,
    multipliers: flags.multipliers,
    network: !flags.crfOnly,
  };
}

/** @throws UsageError for flags that exclude each other */
export function checkTogether(flags: TrainFlags): void {
  const { stage, steps, epochs, logits, init, crfOnly, augment, freeze, distributed, dryRun, host, params, lstm } =
    flags;
  const refuse = (where: string, expected: string, got: string, remedy?: string): never => {
    throw new UsageError({ where, expected, got, remedy });
  };
  if (steps !== undefined && epochs !== undefined) refuse("--epochs", "no --steps beside it", `${steps} steps`);
  if (logits !== undefined && stage !== "crf-rnn") refuse("--logits", "--stage crf-rnn", stage);
  if (logits !== undefined && augment) {
    refuse("--augment", "no --logits beside it", "logits of the images as they are", "leave one of them out");
  }
  if (params !== undefined && stage !== "crf-rnn") refuse("--params", "--stage crf-rnn", stage);
  if (lstm !== undefined && stage === "crf-rnn") refuse("--lstm", "a stage without a CRF", stage);
  if (freeze && init === undefined) refuse("--freeze", "layers to leave as they are", "none", "name some by --init");
  if (freeze && logits !== undefined) refuse("--freeze", "no --logits beside it", "no network of its own");
  if (distributed && dryRun) refuse("--dry-run", "no --distributed beside it", distributed);
  if (distributed && host !== currentHost) {
    refuse("--host", `${currentHost} beside --distributed`, host, `let mpirun start ${host}`);
  }
  if (crfOnly && stage !== "crf-rnn") refuse("--crf-only", "--stage crf-rnn", stage);
  if (crfOnly && init === undefined && logits === undefined) {
    refuse("--crf-only", "a network to leave as it is", "none", "name one by --init, or give --logits");
  }
}

/** Tells what kind of checkpoint a run begins from. */
async function kindOf(file: string, classes: number): Promise<BeginningKind> {
  const source = await fileSource(file);
  try {
    return await beginningOf(source, classes);
  } finally {
    await source.close();
  }
}

/** Pixels of a typical image: the mean of some that are spread over the set. */
async function typicalPixels(items: readonly Item[], augmentation?: Augmentation): Promise<number> {
  const some = spread(items, 8);
  let pixels = 0;
  for (const item of some) {
    pixels += croppedPixels(await decodeImage(await item.imageBytes(), item.image), augmentation);
  }
  return pixels / some.length;
}

/** The pixels of each label in all masks. */
async function countsIn(items: readonly Item[]): Promise<Float64Array> {
  const counts = new Float64Array(256);
  for (const item of items) {
    const { labels } = await item.labels();
    countLabels(labels).forEach((count, label) => (counts[label]! += count));
  }
  return counts;
}

/** SHA-256 over the contents of the files that are named. */
async function digestOfFiles(files: readonly (string | undefined)[]): Promise<string> {
  const named = files.filter((file) => file !== undefined);
  if (named.length === 0) return "none";
  const hash = createHash("sha256");
  for (const file of named) {
    try {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
    } catch (cause) {
      throw readFailure(file, cause);
    }
  }
  return hash.digest("hex").slice(0, 16);
}
