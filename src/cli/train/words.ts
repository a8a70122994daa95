import { InvalidArgumentError } from "commander";
import type { Augmentation } from "../../data/labeledImage.ts";
import type { Configuration } from "../../train/configuration.ts";
import { toNumber } from "../options.ts";

/** A schedule in words; the steps of `poly` are those of the run. */
export type ScheduleWords = Configuration["optimizer"]["schedule"] | { readonly kind: "poly"; readonly power: number };

/** `fixed`, `step:EVERY:FACTOR` or `poly:POWER`. */
export function scheduleOf(text: string): ScheduleWords {
  const [kind, ...numbers] = text.split(":");
  const [first = NaN, second = NaN] = numbers.map(toNumber);
  if (kind === "fixed" && numbers.length === 0) return { kind };
  if (kind === "step" && numbers.length === 2 && Number.isInteger(first) && first > 0 && second > 0) {
    return { kind, every: first, factor: second };
  }
  if (kind === "poly" && numbers.length === 1 && first > 0) return { kind, power: first };
  throw new InvalidArgumentError("expected fixed, step:EVERY:FACTOR (step:2000:0.1) or poly:POWER (poly:0.9)");
}

const mostOf: Record<Exclude<keyof Augmentation, "flip">, readonly [least: number, most: number]> = {
  scale: [1, 8],
  rotation: [0, 180],
  shear: [0, 60],
  shift: [0, 1],
  color: [0, 1],
};

/** `flip,scale=1.25,rotation=10,shear=5,shift=0.1,color=0.2`, any of them. */
export function augmentationOf(text: string): Augmentation {
  const augmentation: Record<string, number | boolean> = {};
  for (const word of text.split(",")) {
    const [name = "", value, ...rest] = word.split("=");
    if (name === "flip" && value === undefined) augmentation.flip = true;
    else {
      const [least, most] = Object.hasOwn(mostOf, name) ? mostOf[name as keyof typeof mostOf] : [NaN, NaN];
      const number = toNumber(value ?? "");
      if (rest.length > 0 || !(number >= least && number <= most)) {
        const ranges = Object.entries(mostOf).map(([each, [from, to]]) => `${each}=${from}…${to}`);
        throw new InvalidArgumentError(`expected flip, ${ranges.join(", ")}, with commas between; '${word}' is not`);
      }
      augmentation[name] = number;
    }
  }
  return augmentation;
}

const learnable = ["weights", "compatibility", "bandwidths"] as const;

/** Parses what the CRF learns, as `weights,compatibility`. */
export function learnOf(text: string): Record<(typeof learnable)[number], boolean> {
  const words = text.split(",");
  const stray = words.find((word) => !(learnable as readonly string[]).includes(word));
  if (stray !== undefined) {
    throw new InvalidArgumentError(`expected ${learnable.join(", ")}, any of them with commas between`);
  }
  const learns = (name: string): boolean => words.includes(name);
  return {
    weights: learns("weights"),
    compatibility: learns("compatibility"),
    bandwidths: learns("bandwidths"),
  };
}

/** Multiples of the rate, as `weights=100,compatibility=10`. */
export function parseMultipliers(text: string): Partial<Record<(typeof learnable)[number], number>> {
  return Object.fromEntries(
    text.split(",").map((word) => {
      const [name = "", value = ""] = word.split("=");
      const multiplier = toNumber(value);
      if ((learnable as readonly string[]).includes(name) && multiplier >= 0) return [name, multiplier];
      throw new InvalidArgumentError(`expected ${learnable.join("=…, ")}=…, any of them; '${word}' is not`);
    }),
  );
}
