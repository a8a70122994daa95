/**
 * `crf-rnn/train`: what `crf-rnn train` does, in a program: in a page, in a worker, in Node or Deno. A run's checkpoints are those of
 * the command line, which goes on with them to the same bits.
 *
 * @example
 * const train = Array.from({ length: 6 }, (_, index) => drawShapes(1, index, 32));
 * const classes = shapeClasses.map(({ name }) => name);
 * const options = { classes, images: train, width: 1 / 64, steps: 3 };
 * const surroundings = memorySurroundings({ train, val: [drawShapes(1, 6, 32)] });
 * const { ending } = await runTraining(
 *   device,
 *   await trainingConfiguration(options),
 *   trainingTimetable(options),
 *   surroundings,
 * );
 * const [first] = await readPredictions(bytesSource(surroundings.files.get(samplesFile)!));
 *
 * @module
 */
export type { Augmentation, LabeledImage } from "../data/labeledImage.ts";
export type {
  Configuration,
  CrfConfiguration,
  Difference,
  NetworkConfiguration,
  OptimizerConfiguration,
  Stage,
} from "./configuration.ts";
export type { Timetable } from "./loop.ts";
export { memorySurroundings, type MemoryOptions, type MemorySurroundings } from "./memorySurroundings.ts";
export type { ChangeMetric, Metric, StepMetric, ValidationMetric, ValidationScores } from "./metrics.ts";
export type { Made } from "./made.ts";
export type { Model, ModelInput } from "./model.ts";
export type { GradientLayout, GradientSum, Ranks } from "./ranks.ts";
export { readPredictions } from "./predictions.ts";
export { type Beginning, type Outcome, runTraining } from "./runTraining.ts";
export type { GivenLogits, Sample, TrainingImage } from "./sample.ts";
export { drawShapes, shapeClasses } from "./shapes.ts";
export { type Best, openState, type State } from "./state.ts";
export { openModel, type OtherCrf } from "./storedModel.ts";
export { bestFile, checkpointFile, samplesFile, startFile, type Split, type Surroundings } from "./surroundings.ts";
export type { Prediction } from "./trainable.ts";
export {
  type CrfTrainingOptions,
  type ScheduleOption,
  trainingConfiguration,
  type TrainingOptions,
  trainingTimetable,
} from "./trainingConfiguration.ts";
