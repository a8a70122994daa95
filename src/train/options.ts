import { boolean, choice, number, whole } from "../description.ts";
import { losses, optimizers, stages } from "./configuration.ts";

/** The options of a run that have one value and a default, whatever the images are. */
export const trainingOptions = /* @__PURE__ */ (() => ({
  stage: choice(stages, "fcn8s"),
  /** The channels, as a share of VGG-16's, where they are not given one by one. */
  width: number(1, { above: 0 }),
  momentum: number(0.99, { least: 0, below: 1 }),
  decay: number(5e-4, { least: 0 }),
  batch: whole(1, { least: 1 }),
  loss: choice(losses, "sum"),
  seed: whole(1, { least: 0, most: 2 ** 32 - 1 }),
}))();

/** Those for which there is no value that suits every run; left out, there is none, or one that depends on the run. */
export const openOptions = /* @__PURE__ */ (() => ({
  steps: whole(1, { least: 1 }),
  epochs: number(20, { above: 0 }),
  validateEvery: whole(1, { least: 1 }),
  saveEvery: whole(1, { least: 1 }),
  patience: whole(1, { least: 1 }),
  optimizer: choice(optimizers, "adam"),
  rate: number(1, { above: 0 }),
  clip: number(1, { above: 0 }),
  warmUp: whole(1, { least: 1 }),
}))();

/** What of images may be varied, and how far; the defaults leave them as they are. */
export const augmentationOptions = /* @__PURE__ */ (() => ({
  flip: boolean(false),
  scale: number(1, { least: 1, most: 8 }),
  rotation: number(0, { least: 0, most: 180 }),
  shear: number(0, { least: 0, most: 60 }),
  shift: number(0, { least: 0, most: 1 }),
  color: number(0, { least: 0, most: 1 }),
  crop: whole(65536, { least: 1, most: 65536 }),
}))();

/** What a CRF learns, where nothing else is said. */
export const defaultLearn = { weights: true, compatibility: true, bandwidths: false } as const;
