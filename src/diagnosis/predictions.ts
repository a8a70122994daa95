import { finding, type Finding, type Findings } from "./finding.ts";

/** Scores of a model on a set. */
export interface GivenPredictions {
  /** What was scored. */
  readonly file: string;
  /** Names of the classes; without them, their labels are told. */
  readonly names?: readonly string[];
  /** The intersection over union of each class; null or NaN where neither truth nor prediction has it. */
  readonly iu: readonly (number | null)[];
  readonly pixelAccuracy: number;
  /** Whether they are those of a CRF, whose network may know more. */
  readonly refined: boolean;
}

const untrained = "train longer, at a lower --rate, or with --class-weights balanced";

const table = {
  "one-class-predicted": {
    severity: "warning",
    expected: "predictions of several classes",
    likely: "a network that has not learned to tell the classes yet, or that was given input in another range or order",
    remedy: untrained,
  },
} as const satisfies Findings<string>;

/**
 * Looks whether a model labels everything alike. Where it does, that class's union is the whole set: its intersection over union is the
 * share of right pixels, and that of the others is 0.
 */
export function checkPredictions({ file, names, iu, pixelAccuracy, refined }: GivenPredictions): Finding[] {
  const right = [...iu.keys()].filter((label) => (iu[label] ?? 0) > 0);
  const [label] = right;
  if (label === undefined || right.length > 1 || pixelAccuracy === 1 || iu[label] !== pixelAccuracy) return [];
  const seen = `${names?.[label] ?? `class ${label}`} for every pixel`;
  const remedy = `look at the network alone: if it does better, lower the CRF's weights or bandwidths; else ${untrained}`;
  return [finding(table, "one-class-predicted", file, seen, refined ? { remedy } : {})];
}
