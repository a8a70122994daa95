import type { Difference } from "./configuration.ts";

/** One line of `metrics.jsonl`. `step` counts the steps done so far. */
export type Metric = StepMetric | ValidationMetric | ChangeMetric;

export interface StepMetric {
  readonly event: "step";
  readonly step: number;
  /** How many epochs have passed, as a fraction. */
  readonly epoch: number;
  /** The value that was minimized: the loss summed, or averaged, over pixels and batch. */
  readonly loss: number;
  /** Summed over pixels and batch, over the pixels counted. */
  readonly lossPerPixel: number;
  readonly rate: number;
  /** Wall clock of the step. */
  readonly seconds: number;
}

/** Scores over the validation images, 0…1. */
export interface ValidationScores {
  readonly meanIU: number;
  readonly pixelAccuracy: number;
  readonly meanAccuracy: number;
  /** The intersection over union of each label; null where neither truth nor prediction has the class. */
  readonly iu: readonly (number | null)[];
}

export interface ValidationMetric {
  readonly event: "validation";
  readonly step: number;
  readonly images: number;
  readonly network: ValidationScores;
  readonly crf?: ValidationScores;
}

/** Settings that hold from the step after this one on, other than those before. */
export interface ChangeMetric {
  readonly event: "change";
  readonly step: number;
  readonly settings: readonly Difference[];
}

/**
 * Returns those lines of an interrupted run that belong to its checkpoint of `step` steps. Lines that were written
 * after it are left out, also a last one that was cut short, and so is a change right after it, because what holds now
 * is recorded again.
 */
export function metricsUntil(text: string, step: number): Metric[] {
  const metrics: Metric[] = [];
  for (const line of text.split("\n")) {
    const metric = parse(line);
    if (metric && (metric.event === "change" ? metric.step < step : metric.step <= step)) metrics.push(metric);
  }
  return metrics;
}

export const formatMetrics = (metrics: readonly Metric[]): string =>
  metrics.map((metric) => `${JSON.stringify(metric)}\n`).join("");

const events: readonly (string | undefined)[] = ["step", "validation", "change"] satisfies Metric["event"][];

function parse(line: string): Metric | undefined {
  try {
    const metric = JSON.parse(line) as Partial<Metric> | null;
    return typeof metric?.step === "number" && events.includes(metric.event) ? (metric as Metric) : undefined;
  } catch {
    return undefined; // the line that a killed writer was at
  }
}
