import type { Meaning } from "../../diagnosis/scores.ts";
import { leastProbability } from "../../nn/logits.ts";

/** Scores with the channels last. */
export interface DenseScores {
  readonly classes: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/**
 * Makes logits of what scores mean, as `scoresTensor` does. Probabilities count as 1e-5 at least, logarithms as that of 1e-5: a class
 * that a network rules out can still be won over by its neighbors. Bytes are shares of 255.
 */
export function logitsOf({ classes, values }: DenseScores, meaning: Meaning, bytes = false): DenseScores {
  switch (meaning) {
    case "logits":
      return { classes, values };
    case "log":
      return { classes, values: values.map((value) => Math.max(value, Math.log(leastProbability))) };
    case "sigmoid":
      return stacked(values, (score) => [0, score]);
    case "probabilities": {
      const logOf = (p: number): number => Math.log(Math.max(p, leastProbability));
      const shares = bytes ? values.map((value) => value / 255) : values;
      if (classes === 1) return stacked(shares, (p) => [logOf(1 - p), logOf(p)]);
      return { classes, values: shares.map(logOf) };
    }
  }
}

/** Two classes of each value: the rest, and what it is the score of. */
function stacked(values: Float32Array, pair: (value: number) => readonly [number, number]): DenseScores {
  const both = new Float32Array(2 * values.length);
  values.forEach((value, i) => both.set(pair(value), 2 * i));
  return { classes: 2, values: both };
}
