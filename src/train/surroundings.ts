import type { Sink } from "../checkpoint/checkpoint.ts";
import type { Parameters } from "../models/parameters.ts";
import type { Metric } from "./metrics.ts";
import type { Ranks } from "./ranks.ts";
import type { Sample } from "./sample.ts";

export type Split = "train" | "val";

/**
 * What surrounds a training run: images, metrics and files. The same loop runs in Node, in Deno and in a page, where
 * all of this is far away.
 */
export interface Surroundings {
  /** Items of each split. */
  readonly images: Readonly<Record<Split, number>>;
  sample(split: Split, index: number): Promise<Sample>;
  /** Stores a metric. Resolves to true if the user has asked to stop. */
  record(metric: Metric): Promise<{ readonly stop: boolean }>;
  /** Looks at the parameters, before the first step and after each, without changing them. Left out, nobody looks. */
  look?(parameters: Parameters, step: number): Promise<void>;
  /** The processes that train together, where there are several. What is recorded and saved is recorded and saved by each. */
  readonly ranks?: Ranks;
  /** Keeps a file of this name in the run's folder: beside its place first, then renamed. */
  save(name: string, produce: (sink: Sink) => Promise<void>): Promise<void>;
}

/** Names of the files in a run's folder. */
export const checkpointFile = "checkpoint.safetensors";
/** The parameters of the validation with the highest mean IU so far, without the optimizer's memory. */
export const bestFile = "best.safetensors";
/** The CRF's parameters before the first step. */
export const startFile = "start.safetensors";
/** The last checkpoint but one. */
export const formerFile = "checkpoint.former.safetensors";
export const samplesFile = "samples.safetensors";
export const metricsFile = "metrics.jsonl";
export const tableFile = "metrics.csv";
/** The learned CRF, for `--params`, of runs that have one. */
export const paramsFile = "params.json";
export const reportFile = "report.html";
