import * as valibot from "valibot";
import { inferenceOptions } from "../crf/options.ts";
import type { Complete, Description } from "../description.ts";
import type { Color } from "../data/palette.ts";
import type { Augmentation } from "../data/labeledImage.ts";
import { ValueError } from "../errors.ts";
import type { CrfRates } from "../models/multipliers.ts";
import { convLstmOptions } from "../models/convLstm.ts";
import { fcnStages, runOptions, type RunOptions } from "../models/specification.ts";
import type { Freedom } from "./freedom.ts";
import { cosine, fixed, polynomial, type Schedule, stepped, warmUp } from "../optim/schedules.ts";

export const stages = [...fcnStages, "crf-rnn"] as const;

/** What is trained: a network, or FCN-8s with a CRF-RNN on top of it. */
export type Stage = (typeof stages)[number];

/** Options as they are stored. A checkpoint from before there was an option has what is its default now. */
const entriesOf = <Described extends object>(descriptions: Described) =>
  Object.fromEntries(
    Object.entries(descriptions as Record<string, Description<unknown>>).map(([name, description]) => [
      name,
      valibot.optional(valibot.custom<unknown>(description.accepts), () => description.default),
    ]),
  ) as unknown as { [Name in keyof Described]: valibot.GenericSchema<Complete<Described>[Name]> };

const number = valibot.pipe(valibot.number(), valibot.finite());
const byte = valibot.pipe(number, valibot.integer(), valibot.minValue(0), valibot.maxValue(255));
const count = valibot.pipe(number, valibot.integer(), valibot.minValue(0));

/** How gradients become steps; `adamw` is Adam with its decay beside the gradient. */
export const optimizers = ["sgd", "adam", "adamw"] as const;

/**
 * What is minimized: cross-entropy summed or averaged over pixels, the robust log-likelihood summed, the Dice loss of each image, or the
 * averaged cross-entropy and the Dice loss together.
 */
export const losses = ["sum", "mean", "robust", "dice", "mean+dice"] as const;
export type Loss = (typeof losses)[number];

/** Whether a loss is one number an image, however many pixels it has. */
export const isAveraged = (loss: Loss): boolean => loss !== "sum" && loss !== "robust";

/** The optimizer of a run, its rate and how the rate changes. */
export interface OptimizerConfiguration {
  readonly kind: (typeof optimizers)[number];
  readonly rate: number;
  readonly momentum: number;
  readonly decay: number;
  readonly clip?: number;
  /** Steps in which the rate rises to what the schedule says. */
  readonly warmUp?: number;
  /** Factors of the rate by names of parameters, or patterns with `*`, besides the usual multipliers. */
  readonly rates?: Readonly<Record<string, number>>;
  readonly schedule:
    | { readonly kind: "fixed" }
    | { readonly kind: "step"; readonly every: number; readonly factor: number }
    | { readonly kind: "poly"; readonly steps: number; readonly power: number }
    | { readonly kind: "cosine"; readonly steps: number };
}

/** The network of a run. */
export interface NetworkConfiguration extends RunOptions {
  /** Layers that stay as they began, by the first letters of their names: conv1 is conv1_1 and conv1_2. */
  readonly frozen?: readonly string[];
}

/** The CRF of a run. */
export interface CrfConfiguration extends Complete<typeof inferenceOptions> {
  /** Initial values, used where no checkpoint gives others: θα, θβ, θγ, and the diagonals of W_s and W_b. */
  readonly bandwidths: readonly [alpha: number, beta: number, gamma: number];
  readonly weights: { readonly spatial: number; readonly bilateral: number };
  /** By what the logits below it are divided; 1 where it is left out. */
  readonly temperature?: number;
  /** Which numbers of its matrices are learned; all of those that are, where it is left out. */
  readonly freedom?: Freedom;
  /** The iterations of validations; those of training where it is left out. */
  readonly validationIterations?: number;
  readonly learn: { readonly weights: boolean; readonly compatibility: boolean; readonly bandwidths: boolean };
  /** Learning-rate multipliers for W_s and W_b, for the compatibility and for the bandwidths. */
  readonly multipliers: CrfRates;
  /** Whether the network learns too. */
  readonly network: boolean;
}

/** The convolutional LSTM of a run. */
export type LstmConfiguration = Pick<Complete<typeof convLstmOptions>, "hidden" | "kernelSize" | "iterations">;

/** Everything that the bits of a run depend on, besides the device; stored in its checkpoints. */
export interface Configuration {
  readonly stage: Stage;
  /** Names; the index is the label. */
  readonly classes: readonly string[];
  /** The training images: how many, and a digest of their ids in order. */
  readonly images: { readonly count: number; readonly digest: string };
  /** The network; absent if logits of another network are given. */
  readonly network?: NetworkConfiguration;
  /** A convolutional LSTM on the network's scores; in the stages of networks alone. */
  readonly lstm?: LstmConfiguration;
  /** The CRF; present only in stage crf-rnn. */
  readonly crf?: CrfConfiguration;
  /** SHA-256 of the checkpoint that the parameters began from, of the logits given, or "none". */
  readonly beginning: string;
  readonly optimizer: OptimizerConfiguration;
  /** Items whose gradients are summed for one step. */
  readonly batch: number;
  readonly loss: Loss;
  /** How much the pixels of each class count in cross-entropy and robust log-likelihood; 1 where there are none. */
  readonly classWeights?: readonly number[];
  /** The seed of the order, the initialization, dropout and augmentation. */
  readonly seed: number;
  readonly augmentation: Augmentation;
  /** The colors of the classes, for what is drawn; VOC's where there are none. No bit of a run depends on them. */
  readonly palette?: readonly Color[];
}

const schema: valibot.GenericSchema<unknown, Configuration> = valibot.object({
  stage: valibot.picklist(stages),
  classes: valibot.array(valibot.string()),
  images: valibot.object({ count, digest: valibot.string() }),
  network: valibot.optional(
    valibot.object({
      ...entriesOf(runOptions),
      frozen: valibot.optional(valibot.array(valibot.string())),
    }),
  ),
  lstm: valibot.optional(
    valibot.object({
      hidden: valibot.custom<number>(convLstmOptions.hidden.accepts),
      kernelSize: valibot.custom<number>(convLstmOptions.kernelSize.accepts),
      iterations: valibot.custom<number>(convLstmOptions.iterations.accepts),
    }),
  ),
  crf: valibot.optional(
    valibot.object({
      ...entriesOf(inferenceOptions),
      bandwidths: valibot.tuple([number, number, number]),
      weights: valibot.object({ spatial: number, bilateral: number }),
      temperature: valibot.optional(valibot.pipe(number, valibot.gtValue(0))),
      freedom: valibot.optional(
        valibot.object({
          weights: valibot.optional(valibot.picklist(["scalar", "diagonal"])),
          compatibility: valibot.optional(valibot.literal("symmetric")),
        }),
      ),
      validationIterations: valibot.optional(valibot.pipe(count, valibot.minValue(1))),
      learn: valibot.object({
        weights: valibot.boolean(),
        compatibility: valibot.boolean(),
        bandwidths: valibot.boolean(),
      }),
      multipliers: valibot.object({ weights: number, compatibility: number, bandwidths: number }),
      network: valibot.boolean(),
    }),
  ),
  beginning: valibot.string(),
  optimizer: valibot.object({
    kind: valibot.picklist(optimizers),
    rate: number,
    momentum: number,
    decay: number,
    clip: valibot.optional(number),
    warmUp: valibot.optional(count),
    rates: valibot.optional(valibot.record(valibot.string(), valibot.pipe(number, valibot.minValue(0)))),
    schedule: valibot.variant("kind", [
      valibot.object({ kind: valibot.literal("fixed") }),
      valibot.object({ kind: valibot.literal("step"), every: count, factor: number }),
      valibot.object({ kind: valibot.literal("poly"), steps: count, power: number }),
      valibot.object({ kind: valibot.literal("cosine"), steps: count }),
    ]),
  }),
  batch: count,
  loss: valibot.picklist(losses),
  classWeights: valibot.optional(valibot.array(valibot.pipe(number, valibot.minValue(0)))),
  seed: count,
  augmentation: valibot.object({
    flip: valibot.optional(valibot.boolean()),
    scale: valibot.optional(number),
    rotation: valibot.optional(number),
    shear: valibot.optional(number),
    shift: valibot.optional(number),
    color: valibot.optional(number),
    crop: valibot.optional(count),
  }),
  palette: valibot.optional(valibot.array(valibot.tuple([byte, byte, byte]))),
});

/** A configuration from a checkpoint's metadata; undefined where there is none that fits. */
export function parseConfiguration(text: string | undefined): Configuration | undefined {
  // One of a hundred megabytes is none of ours, whatever it would unfold to.
  if (text === undefined || text.length > 2 ** 16) return undefined;
  try {
    return valibot.parse(schema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * A configuration with its parts in the order in which checkpoints have them, so that equal ones are stored as equal bytes.
 * @throws ValueError for what is none
 */
export function checkedConfiguration(where: string, configuration: unknown): Configuration {
  const { issues, output } = valibot.safeParse(schema, configuration);
  if (!issues) return output;
  const [issue] = issues;
  const place = valibot.getDotPath(issue) ?? "a configuration";
  const got = issue.received.slice(0, 80);
  throw new ValueError({ where, expected: `${place}: ${issue.expected ?? "another value"}`, got });
}

/** A value that differs between two configurations; undefined where there is none. */
export interface Difference {
  readonly path: string;
  readonly there?: string;
  readonly here?: string;
}

export function configurationDifferences(theirs: Configuration, ours: Configuration): Difference[] {
  const [there, here] = [leaves(theirs), leaves(ours)];
  return [...new Set([...there.keys(), ...here.keys()])]
    .filter((path) => path !== "palette" && there.get(path) !== here.get(path))
    .map((path) => ({ path, there: there.get(path), here: here.get(path) }));
}

/** The values in a configuration by their paths; a list is one value. */
export function leaves(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map(value === undefined ? [] : [[path, Array.isArray(value) ? value.join(", ") : String(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path === "" ? key : `${path}.${key}`)]),
  );
}

/** The rate of each step, the first being 0. */
export function scheduleOf({ warmUp: steps, ...optimizer }: Configuration["optimizer"]): Schedule {
  const schedule = warmSchedule(optimizer);
  return steps === undefined ? schedule : warmUp(schedule, { steps });
}

function warmSchedule({ rate, schedule }: Configuration["optimizer"]): Schedule {
  switch (schedule.kind) {
    case "fixed":
      return fixed(rate);
    case "step":
      return stepped(rate, { every: schedule.every, factor: schedule.factor });
    case "poly":
      return polynomial(rate, { steps: schedule.steps, power: schedule.power });
    case "cosine":
      return cosine(rate, { steps: schedule.steps });
  }
}
