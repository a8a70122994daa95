import * as valibot from "valibot";
import { inferenceOptions } from "../crf/options.ts";
import { fcnStages, runOptions } from "../models/specification.ts";
import { fixed, polynomial, type Schedule, stepped } from "../optim/schedules.ts";
import type { Complete, Description } from "../description.ts";

export const stages = [...fcnStages, "crf-rnn"] as const;

/** Options as they are stored. A checkpoint from before there was an option has what is its default now. */
const entriesOf = <Described extends object>(descriptions: Described) =>
  Object.fromEntries(
    Object.entries(descriptions as Record<string, Description<unknown>>).map(([name, description]) => [
      name,
      valibot.optional(valibot.custom<unknown>(description.accepts), () => description.default),
    ]),
  ) as unknown as { [Name in keyof Described]: valibot.GenericSchema<Complete<Described>[Name]> };

const number = valibot.pipe(valibot.number(), valibot.finite());
const count = valibot.pipe(number, valibot.integer(), valibot.minValue(0));

const schema = valibot.object({
  stage: valibot.picklist(stages),
  /** Names; the index is the label. */
  classes: valibot.array(valibot.string()),
  /** The training images: how many, and a digest of their ids in order. */
  images: valibot.object({ count, digest: valibot.string() }),
  /** The network; absent if logits of another network are given. */
  network: valibot.optional(
    valibot.object({
      ...entriesOf(runOptions),
      /** Layers that stay as they began, by the first letters of their names: conv1 is conv1_1 and conv1_2. */
      frozen: valibot.optional(valibot.array(valibot.string())),
    }),
  ),
  /** The CRF; present only in stage crf-rnn. */
  crf: valibot.optional(
    valibot.object({
      ...entriesOf(inferenceOptions),
      /** Initial values, used where no checkpoint gives others: θα, θβ, θγ, and the diagonals of W_s and W_b. */
      bandwidths: valibot.tuple([number, number, number]),
      weights: valibot.object({ spatial: number, bilateral: number }),
      learn: valibot.object({
        weights: valibot.boolean(),
        compatibility: valibot.boolean(),
        bandwidths: valibot.boolean(),
      }),
      /** Learning-rate multipliers for W_s and W_b, for the compatibility and for the bandwidths. */
      multipliers: valibot.object({ weights: number, compatibility: number, bandwidths: number }),
      /** Whether the network learns too. */
      network: valibot.boolean(),
    }),
  ),
  /** SHA-256 of the checkpoint that the parameters began from, of the logits given, or "none". */
  beginning: valibot.string(),
  optimizer: valibot.object({
    kind: valibot.picklist(["sgd", "adam"]),
    rate: number,
    momentum: number,
    decay: number,
    clip: valibot.optional(number),
    schedule: valibot.variant("kind", [
      valibot.object({ kind: valibot.literal("fixed") }),
      valibot.object({ kind: valibot.literal("step"), every: count, factor: number }),
      valibot.object({ kind: valibot.literal("poly"), steps: count, power: number }),
    ]),
  }),
  /** Items whose gradients are summed for one step. */
  batch: count,
  loss: valibot.picklist(["sum", "mean"]),
  seed: count,
  augmentation: valibot.object({
    flip: valibot.optional(valibot.boolean()),
    scale: valibot.optional(number),
    rotation: valibot.optional(number),
    shear: valibot.optional(number),
    shift: valibot.optional(number),
    color: valibot.optional(number),
  }),
});

/** Everything that the bits of a run depend on, besides the device; stored in its checkpoints. */
export type Configuration = valibot.InferOutput<typeof schema>;
export type CrfConfiguration = NonNullable<Configuration["crf"]>;

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

/** A value that differs between two configurations; undefined where there is none. */
export interface Difference {
  readonly path: string;
  readonly there?: string;
  readonly here?: string;
}

export function configurationDifferences(theirs: Configuration, ours: Configuration): Difference[] {
  const [there, here] = [leaves(theirs), leaves(ours)];
  return [...new Set([...there.keys(), ...here.keys()])]
    .filter((path) => there.get(path) !== here.get(path))
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
export function scheduleOf({ rate, schedule }: Configuration["optimizer"]): Schedule {
  switch (schedule.kind) {
    case "fixed":
      return fixed(rate);
    case "step":
      return stepped(rate, { every: schedule.every, factor: schedule.factor });
    case "poly":
      return polynomial(rate, { steps: schedule.steps, power: schedule.power });
  }
}
