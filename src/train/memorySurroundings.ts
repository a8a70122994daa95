import { memorySink, type Sink } from "../checkpoint/checkpoint.ts";
import { type Names, requireOptions } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import type { Metric } from "./metrics.ts";
import { samplesOf, type TrainingImage } from "./sample.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a run in memory learns from, and who hears of it. */
export interface MemoryOptions {
  /** The images to train on. */
  readonly train: readonly TrainingImage[];
  /** The images to validate by. Default: none. */
  readonly val?: readonly TrainingImage[];
  /** Called and awaited with each metric, after every step and every validation. */
  readonly onMetric?: (metric: Metric) => void | Promise<void>;
  /**
   * Called and awaited with the model's parameters, under the names that they have in checkpoints, before the first step and after each:
   * matrices and bandwidths can be watched while they move. They may be read until it has returned; changing them changes the run.
   */
  readonly onParameters?: (parameters: Readonly<Record<string, Tensor>>, step: number) => void | Promise<void>;
  /** Called and awaited with each file that the run saves, by the name that it has in a run's folder. */
  readonly onSave?: (name: string, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;
  /** Once it is aborted, the run saves a checkpoint after the step that it is at, and ends as `interrupted`. */
  readonly stop?: AbortSignal;
}

const names: Names<MemoryOptions> = {
  train: true,
  val: true,
  onMetric: true,
  onParameters: true,
  onSave: true,
  stop: true,
};

/** The surroundings of a run in memory, with what the run left there. */
export interface MemorySurroundings extends Surroundings {
  /** The metrics so far. */
  readonly metrics: readonly Metric[];
  /**
   * The last files of each name that the run saved: its checkpoint (`checkpointFile`), which every command of `crf-rnn` reads, and
   * what the last validation predicted (`samplesFile`, see `readPredictions`).
   */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * Makes the surroundings of a run whose images, metrics and files are in memory, as in a page or in a worker.
 * @throws ValueError, ShapeError for images and labels that do not fit together, or that have nothing to learn from
 * @example
 * import type { Metric } from "crf-rnn/train";
 * const train = Array.from({ length: 4 }, (_, index) => drawShapes(1, index, 24));
 * const classes = shapeClasses.map(({ name }) => name);
 * const options = { classes, images: train, width: 1 / 64, steps: 2 };
 * const losses: number[] = [];
 * const onMetric = (metric: Metric) => void (metric.event === "step" && losses.push(metric.lossPerPixel));
 * const surroundings = memorySurroundings({ train, onMetric });
 * await runTraining(device, await trainingConfiguration(options), trainingTimetable(options), surroundings);
 * const bytes = surroundings.files.get(checkpointFile)!;
 */
export function memorySurroundings(options: MemoryOptions): MemorySurroundings {
  requireOptions("memorySurroundings", options, names);
  const { onMetric, onParameters, onSave, stop } = options;
  const samples = {
    train: samplesOf("memorySurroundings", "train", options.train, 1),
    val: samplesOf("memorySurroundings", "val", options.val ?? []),
  };
  const metrics: Metric[] = [];
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    images: { train: samples.train.length, val: samples.val.length },
    metrics,
    files,
    sample: async (split, index) => samples[split][index]!,
    async record(metric) {
      metrics.push(metric);
      await onMetric?.(metric);
      return { stop: stop?.aborted ?? false };
    },
    look: async (parameters, step) => onParameters?.(parameters, step),
    async save(name: string, produce: (sink: Sink) => Promise<void>) {
      const sink = memorySink();
      await produce(sink);
      const bytes = sink.bytes();
      files.set(name, bytes);
      await onSave?.(name, bytes);
    },
  };
}
