import { InvalidArgumentError } from "commander";
import type { Augmentation } from "../../data/labeledImage.ts";
import { augmentationOptions } from "../../train/options.ts";
import type { ScheduleOption } from "../../train/trainingConfiguration.ts";
import { toNumber } from "../options.ts";

/** `fixed`, `step:EVERY:FACTOR`, `poly:POWER` or `cosine`. */
export function scheduleOf(text: string): ScheduleOption {
  const [kind, ...numbers] = text.split(":");
  const [first = NaN, second = NaN] = numbers.map(toNumber);
  if (kind === "fixed" && numbers.length === 0) return { kind };
  if (kind === "cosine" && numbers.length === 0) return { kind };
  if (kind === "step" && numbers.length === 2 && Number.isInteger(first) && first > 0 && second > 0) {
    return { kind, every: first, factor: second };
  }
  if (kind === "poly" && numbers.length === 1 && first > 0) return { kind, power: first };
  throw new InvalidArgumentError("expected fixed, step:EVERY:FACTOR (step:2000:0.1), poly:POWER (poly:0.9) or cosine");
}

/** `flip,scale=1.25,rotation=10,shear=5,shift=0.1,color=0.2`, any of them. */
export function augmentationOf(text: string): Augmentation {
  const { flip: _, ...measured } = augmentationOptions;
  const augmentation: Record<string, number | boolean> = {};
  for (const word of text.split(",")) {
    const [name = "", value, ...rest] = word.split("=");
    if (name === "flip" && value === undefined) augmentation.flip = true;
    else {
      const number = toNumber(value ?? "");
      const known = Object.hasOwn(measured, name) && measured[name as keyof typeof measured].accepts(number);
      if (rest.length > 0 || !known) {
        const ranges = Object.entries(measured).map(
          ([each, { expected }]) => `${each}=${expected.replace(/^a (?:whole )?number, (.*) to /, "$1…")}`,
        );
        throw new InvalidArgumentError(`expected flip, ${ranges.join(", ")}, with commas between; '${word}' is not`);
      }
      augmentation[name] = number;
    }
  }
  return augmentation;
}

/** `balanced`, or a weight for each class, as `1,4,0.5`. */
export function classWeightsOf(text: string): "balanced" | number[] {
  if (text === "balanced") return text;
  const weights = text.split(",").map(toNumber);
  if (weights.every((weight) => weight >= 0)) return weights;
  throw new InvalidArgumentError("expected balanced, or a number of 0 or more for each class, as 1,4,0.5");
}

/** Factors of the rate by patterns of names, as `score*=10,conv1*=0.1`. */
export function ratesOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(",").map((word) => {
      const [, pattern, value] = /^([\w.*]+)=(.+)$/.exec(word) ?? [];
      const factor = toNumber(value ?? "");
      if (pattern !== undefined && factor > 0) return [pattern, factor];
      throw new InvalidArgumentError(`expected names with factors above 0, as score*=10,conv1*=0.1; '${word}' is not`);
    }),
  );
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
