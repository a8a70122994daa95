import { elementsOf } from "../shape.ts";
import { shapesOf } from "./begin.ts";
import type { Configuration } from "./configuration.ts";
import { freeIn } from "./freedom.ts";
import { isLearned } from "./learner.ts";

/** How many numbers a run learns. */
export interface LearnedNumbers {
  /** Those that are free: of a matrix that is one number times the identity, one. */
  readonly free: number;
  /** All that have gradients and an optimizer's moments, at each of their places. */
  readonly stored: number;
}

/** Counts what a run learns, before there is a model. */
export function countLearned(configuration: Configuration): LearnedNumbers {
  const learned = Object.entries(shapesOf(configuration)).filter(([name]) => isLearned(name, configuration));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  return {
    free: sum(learned.map(([name, { shape }]) => freeIn(name, shape, configuration))),
    stored: sum(learned.map(([, { shape }]) => elementsOf(shape))),
  };
}
