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
  /** Pixel accuracy within 7 pixels of a boundary of the ground truth; null where no image has one. */
  readonly bandAccuracy: number | null;
  /** The intersection over union of each label; null where neither truth nor prediction has the class. */
  readonly iu: readonly (number | null)[];
}

export interface ValidationMetric {
  readonly event: "validation";
  readonly step: number;
  readonly images: number;
  /** The loss that is minimized, of what the model gives at last, summed over all pixels that count and divided by their number. */
  readonly lossPerPixel: number;
  readonly network: ValidationScores;
  readonly crf?: ValidationScores;
  /** True at step 0 where the network was trained without the CRF on top of it: what the CRF brings is measured against it. */
  readonly apart?: boolean;
}

/** The validation with the highest mean IU, the first of several. */
export const bestOf = (metrics: readonly Metric[]): ValidationMetric | undefined =>
  metrics.reduce<ValidationMetric | undefined>((best, metric) => {
    if (metric.event !== "validation") return best;
    return !best || meanIUOf(metric) > meanIUOf(best) ? metric : best;
  }, undefined);

/** What the CRF brings in mean IU, at one validation. */
export interface Gain {
  readonly meanIU: number;
  /** Beside the network that was trained without it, or beside the one inside, which end-to-end training has changed. */
  readonly beside: "network trained without it" | "network inside";
}

/** Compares with the network as it was before the CRF, where the run has validated that at its step 0. */
export function gainOf(metrics: readonly Metric[], { network, crf }: ValidationMetric): Gain | undefined {
  if (!crf) return undefined;
  const before = metrics.find((metric) => metric.event === "validation" && metric.apart);
  return before?.event === "validation"
    ? { meanIU: crf.meanIU - before.network.meanIU, beside: "network trained without it" }
    : { meanIU: crf.meanIU - network.meanIU, beside: "network inside" };
}

/** Writes a gain as `+0.042 by the CRF, beside the network inside`. */
export const describeGain = ({ meanIU, beside }: Gain): string =>
  `${meanIU < 0 ? "−" : "+"}${Math.abs(meanIU).toFixed(3)} by the CRF, beside the ${beside}`;

/** The mean IU of what a model gives at last. */
export const meanIUOf = ({ network, crf }: Pick<ValidationMetric, "network" | "crf">): number =>
  (crf ?? network).meanIU;

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

const scoreNames = ["meanIU", "pixelAccuracy", "meanAccuracy", "bandAccuracy"] as const;

/** Steps and validations as a table for spreadsheets, one row each; what an event does not have is left empty. */
export function formatTable(metrics: readonly Metric[]): string {
  const own = ["event", "step", "epoch", "loss", "lossPerPixel", "rate", "seconds", "images"];
  const models = ["network", "crf"] as const;
  const head = [...own, ...models.flatMap((model) => scoreNames.map((name) => `${model}.${name}`))];
  const rows = metrics.flatMap((metric) => {
    if (metric.event === "change") return [];
    const facts = metric as Partial<StepMetric & Omit<ValidationMetric, "event">>;
    const scores = models.flatMap((model) => scoreNames.map((name) => facts[model]?.[name]));
    return [[...own.map((name) => facts[name as keyof object]), ...scores].map((cell) => String(cell ?? ""))];
  });
  return [head, ...rows].map((row) => `${row.join(",")}\n`).join("");
}
