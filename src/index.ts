/**
 * `crf-rnn`: pictures and scores to labels by `refine`, a CRF-RNN layer by `crfRnn`, the lattice filter, networks, losses,
 * optimizers and the tape. All of it computes on a device, which `open` finds. It runs wherever JavaScript does.
 *
 * @module
 */
export type {
  CopiedPicture,
  Data,
  Device,
  DeviceInfo,
  DeviceLimits,
  Dispatch,
  Drawable,
  Exported,
  Observer,
  Storage,
  WrappedBuffer,
} from "./device/device.ts";
export { requestDevice, wantedLimits } from "./device/adapter.ts";
export { open, type OpenOptions } from "./device/open.ts";
export type { WorkerLike } from "./device/port.ts";
export { chromeTrace, trace, type Trace, type TraceEvent } from "./device/trace.ts";
export { defineKernel, type KernelDefinition, type ParamDefinition } from "./defineKernel.ts";
export type { Color } from "./data/palette.ts";
export * from "./errors.ts";
export { requireInputs } from "./inputs.ts";
export type { Binding, Kernel, Twin } from "./kernel.ts";
export type { Labels } from "./labels.ts";
export type { Scope } from "./scope.ts";
export {
  // oxlint-disable-next-line typescript/no-deprecated -- A name stays for one version after another takes its place.
  checkpoint,
  type GradientOptions,
  type InputGradients,
  type Pullback,
  record,
  recompute,
  Tape,
} from "./tape.ts";
export { Tensor } from "./tensor.ts";
export type { Abortable } from "./turn.ts";
export type { OnWarning, WarningOptions, Warnings } from "./warnings.ts";
export { bilateralFeatures, spatialFeatures } from "./lattice/features.ts";
export { filter, type FilterOptions } from "./lattice/filter.ts";
export { buildLattice, type Lattice, type LatticeOptions } from "./lattice/lattice.ts";
export type { LatticePoints } from "./lattice/points.ts";
export { type LatticeTables, readLattice, type Simplices } from "./lattice/readLattice.ts";
export { shrink, type ShrinkOptions, upsample, type UpsampleOptions } from "./lattice/upsample.ts";
export type { Normalization } from "./lattice/normalization.ts";
export { type CrfCall, type CrfOptions, type CrfRnn, crfRnn, meanField, type PlainCrfCall } from "./crf/crfRnn.ts";
export {
  type CrfFilter,
  type CrfFilterParameters,
  denseCrf,
  type DenseCrf,
  type DenseCrfCall,
  type DenseCrfOptions,
} from "./crf/denseCrf.ts";
export { gaussianTaps } from "./lattice/taps.ts";
export { volumeFeatures, type VolumeOptions } from "./lattice/volumeFeatures.ts";
export type { Bandwidth } from "./crf/bandwidths.ts";
export type { CrfLattices, KeptLattices } from "./crf/lattices.ts";
export type { CrfStep } from "./crf/steps.ts";
export type { Change } from "./crf/change.ts";
export type { FreeEnergy } from "./crf/freeEnergy.ts";
export type { Until } from "./crf/until.ts";
export type { Bound, Pruned } from "./crf/prune.ts";
export { presets } from "./crf/presets.ts";
export type { Compatibility, CrfParameters, Weight } from "./crf/parameters.ts";
export type { Activation } from "./crf/activation.ts";
export { softmax } from "./crf/softmax.ts";
export { halfPanels, halfRows, type Layout, panels } from "./layout.ts";
export { conv2d, type Conv2dOptions } from "./nn/conv2d.ts";
export { convTranspose2d } from "./nn/convTranspose2d.ts";
export type { ConvolutionOptions } from "./nn/geometry.ts";
export { add } from "./nn/add.ts";
export { argmax, type ArgmaxOptions } from "./nn/argmax.ts";
export { concat } from "./nn/concat.ts";
export { crop, type CropOptions } from "./nn/crop.ts";
export { crossEntropy, type LossOptions, robustLogLikelihood } from "./nn/crossEntropy.ts";
export { dice, type DiceOptions } from "./nn/dice.ts";
export { dropout, type DropoutOptions } from "./nn/dropout.ts";
export { maxPool2d } from "./nn/maxPool2d.ts";
export { multiply } from "./nn/multiply.ts";
export { mean, type MeanOptions } from "./nn/mean.ts";
export { permute } from "./nn/permute.ts";
export { relu } from "./nn/relu.ts";
export { resize, type ResizeOptions } from "./nn/resize.ts";
export { scale } from "./nn/scale.ts";
export { tanh } from "./nn/tanh.ts";
export { type Choice, tune } from "./nn/tune.ts";
export {
  type Annotation,
  type AnnotationOptions,
  type AnnotationScores,
  annotationScores,
} from "./pictures/annotationScores.ts";
export { confidence } from "./pictures/confidence.ts";
export { imageTensor, type ImageTensorOptions } from "./pictures/imageTensor.ts";
export { refine, type RefineOptions, type Scores } from "./pictures/refine.ts";
export type { DrawOptions, Refined } from "./pictures/refined.ts";
export type { ImageSource, PixelData } from "./pictures/source.ts";
export {
  type ScoresLayout,
  type ScoresMeaning,
  type ScoresOptions,
  scoresTensor,
  type ScoresType,
} from "./pictures/scoresTensor.ts";
export { findNotFinite, type NotFinite } from "./shared/findNotFinite.ts";
export { accumulate } from "./optim/accumulate.ts";
export { adam, type AdamOptions } from "./optim/adam.ts";
export type { Multiplier, Multipliers } from "./optim/multipliers.ts";
export type { Optimizer, OptimizerOptions, Values } from "./optim/optimizer.ts";
export { cosine, fixed, polynomial, type Schedule, stepped, warmUp } from "./optim/schedules.ts";
export { sgd, type SgdOptions } from "./optim/sgd.ts";
export { convLstm, type ConvLstm, type ConvLstmCall, type ConvLstmOptions } from "./models/convLstm.ts";
export { fcn16s } from "./models/fcn16s.ts";
export { fcn32s } from "./models/fcn32s.ts";
export { fcn8s } from "./models/fcn8s.ts";
export { fcn8sCrfRnn, type Fcn8sCrfRnnCall, type Fcn8sCrfRnnOptions } from "./models/fcn8sCrfRnn.ts";
export { meanColor } from "./models/meanColor.ts";
export { crfRnnMultipliers, fcnMultipliers } from "./models/multipliers.ts";
export type { Adopted, Loadable } from "./loading.ts";
export type { Network } from "./models/network.ts";
export type { NetworkCall } from "./models/pass.ts";
export type { Fcn16sOptions, Fcn8sOptions, FcnOptions } from "./models/specification.ts";
