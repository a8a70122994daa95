import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileSource, openCheckpoint } from "../../checkpoint/checkpoint.ts";
import { spread } from "../../data/contactSheet.ts";
import type { Item } from "../../data/dataset.ts";
import { decodeImage } from "../../data/images.ts";
import { readFailure } from "../../data/readFailure.ts";
import { UsageError } from "../../errors.ts";
import { runOptions } from "../../models/specification.ts";
import { withDefaults } from "../../description.ts";
import { parseConfiguration, type Configuration, type CrfConfiguration } from "../../train/configuration.ts";
import { settings, type Setting } from "../../train/goingOn.ts";
import type { Timetable } from "../../train/loop.ts";
import { defaultDecay, defaultMomentum, defaultsFor } from "./defaults.ts";
import type { TrainFlags } from "./flags.ts";
import { digestOf, type Images } from "./images.ts";

/** The run that the flags ask for. */
interface RunRequest {
  readonly configuration: Configuration;
  /** The settings that the flags name explicitly; they may change when a run is resumed. */
  readonly said: ReadonlySet<Setting>;
  readonly timetable: Omit<Timetable, "from">;
}

/**
 * Returns the run that the flags ask for, with the defaults filled in.
 * @throws FormatError where a file cannot be read
 */
export async function configure(flags: TrainFlags, images: Images): Promise<RunRequest> {
  const { stage, loss, batch, seed, clip, augment: augmentation = {} } = flags;
  const { momentum = defaultMomentum, decay = defaultDecay, schedule: words = { kind: "fixed" } } = flags;
  const steps = flags.steps ?? Math.max(1, Math.round(((flags.epochs ?? 20) * images.train.length) / batch));
  const beginning = flags.init === undefined ? "nothing" : await beginningOf(flags.init);
  const alone = flags.logits !== undefined || (flags.crfOnly ?? false);
  const pixels = await typicalPixels(images.train);
  const defaults = defaultsFor({ stage, loss, optimizer: flags.optimizer, beginning, alone, pixels });
  const { optimizer: kind } = defaults;
  const { rate = defaults.rate } = flags;
  const schedule = words.kind === "poly" ? { ...words, steps } : words;
  const configuration: Configuration = {
    stage,
    classes: [...images.classes],
    images: { count: images.train.length, digest: digestOf(images.train) },
    network: flags.logits ? undefined : networkOf(flags),
    crf: stage === "crf-rnn" ? crfOf(flags, defaults.multipliers) : undefined,
    beginning: await digestOfFiles([flags.init, flags.logits]),
    optimizer: { kind, rate, momentum, decay, clip, schedule },
    batch,
    loss,
    seed,
    augmentation,
  };
  const tenth = Math.max(1, Math.round(steps / 10));
  const { validateEvery = tenth, saveEvery = Math.min(tenth, 1000) } = flags;
  const names = Object.keys(settings) as Setting[];
  const said = new Set(names.filter((name) => flags[name] !== undefined));
  return { configuration, said, timetable: { steps, validateEvery, saveEvery } };
}

function networkOf(flags: TrainFlags): Configuration["network"] {
  const { widths: all, fc: ofFc } = runOptions;
  const scaled = (channels: number): number => Math.max(4, 4 * Math.round((flags.width * channels) / 4));
  const channels = flags.widths ?? [...all.default, ofFc.default].map(scaled);
  const [widths, fc] = [channels.slice(0, -1), channels.at(-1)];
  return { ...withDefaults("train", runOptions, { ...flags, widths, fc }), frozen: flags.freeze };
}

function crfOf(flags: TrainFlags, multipliers: CrfConfiguration["multipliers"]): CrfConfiguration {
  const { iterations, normalize: normalization, activation, learn, thetaAlpha, thetaBeta, thetaGamma } = flags;
  return {
    iterations,
    tied: !flags.untied,
    normalization,
    activation,
    bandwidths: [thetaAlpha, thetaBeta, thetaGamma],
    weights: { spatial: flags.spatialWeight, bilateral: flags.bilateralWeight },
    learn,
    multipliers: { ...multipliers, ...flags.multipliers },
    network: !flags.crfOnly && flags.logits === undefined,
  };
}

/** @throws UsageError for flags that exclude each other */
export function checkTogether({ stage, steps, epochs, logits, init, crfOnly, augment, freeze }: TrainFlags): void {
  const refuse = (where: string, expected: string, got: string, remedy?: string): never => {
    throw new UsageError({ where, expected, got, remedy });
  };
  if (steps !== undefined && epochs !== undefined) refuse("--epochs", "no --steps beside it", `${steps} steps`);
  if (logits !== undefined && stage !== "crf-rnn") refuse("--logits", "--stage crf-rnn", stage);
  if (logits !== undefined && augment) {
    refuse("--augment", "no --logits beside it", "logits of the images as they are", "leave one of them out");
  }
  if (freeze && init === undefined) refuse("--freeze", "layers to leave as they are", "none", "name some by --init");
  if (freeze && logits !== undefined) refuse("--freeze", "no --logits beside it", "no network of its own");
  if (crfOnly && stage !== "crf-rnn") refuse("--crf-only", "--stage crf-rnn", stage);
  if (crfOnly && init === undefined && logits === undefined) {
    refuse("--crf-only", "a network to leave as it is", "none", "name one by --init, or give --logits");
  }
}

/** Tells what kind of checkpoint a run begins from. */
async function beginningOf(file: string): Promise<"own" | "published" | "part"> {
  const source = await fileSource(file);
  try {
    const { metadata, tensors } = await openCheckpoint(source, { partial: true });
    if (parseConfiguration(metadata.configuration)) return "own";
    return tensors.has("fc7.weight") ? "published" : "part";
  } finally {
    await source.close();
  }
}

/** Pixels of a typical image: the mean of some that are spread over the set. */
async function typicalPixels(items: readonly Item[]): Promise<number> {
  const some = spread(items, 8);
  let pixels = 0;
  for (const item of some) {
    const { height, width } = await decodeImage(await item.imageBytes(), item.image);
    pixels += height * width;
  }
  return pixels / some.length;
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
