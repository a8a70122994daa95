// Says what the networks are: their options and their layers, each once. From this follow the type of the options, the
// table of parameters, the forward pass, the command line's flags, the configuration of a run, how a checkpoint is
// recognized and opened, its size, and the memory that a step takes. Nothing in this file computes.
import {
  boolean,
  choice,
  type Complete,
  type Given,
  list,
  number,
  type StoredShapes,
  whole,
  withDefaults,
} from "../description.ts";
import { imageName, type Layer, LayerList } from "./layers.ts";

/** Convolutions of 3×3 before each pooling layer of VGG (Simonyan and Zisserman 2015). */
const depths = { 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const;

export type VggDepth = keyof typeof depths;

/** The names of VGG's convolutions, block by block. */
export const vggBlocks = (depth: VggDepth): string[][] =>
  depths[depth].map((count, block) => Array.from({ length: count }, (_, i) => `conv${block + 1}_${i + 1}`));

/** How many channels a layer's result has, or classes the scores. */
export const channels = whole(1, { least: 1 });

/** How the layers below the scores are set up, as a run's configuration and the command line have it, too. */
export const trunkOptions = {
  /** Channels of the five blocks. Default: 64, 128, 256, 512, 512. */
  widths: list<readonly number[]>([64, 128, 256, 512, 512], channels, {
    told: ({ outputs }) => vggBlocks(16).map(([first = ""]) => outputs(first)),
  }),
  /** Channels of fc6 and fc7. Default: 4096. */
  fc: whole(4096, { least: 1, told: ({ outputs }) => outputs("fc6") }),
  /** Share of the values of fc6 and fc7 that are dropped while a tape records. Default: 0.5. */
  dropout: number(0.5, {
    least: 0,
    below: 1,
    flag: ["--dropout <p>", "share of the values of fc6 and fc7 that dropout drops"],
  }),
};

const precision = choice(["single", "half"], "single", {
  flag: ["--precision <kind>", "how weights and activations are stored; half takes half the memory"],
});

/** The one of a network's options that the command line has where nothing is trained. */
export const precisionOption = { precision };

/** Options of how a network is computed or begun, and not of what it is. */
const passOptions = {
  /**
   * How the weights of convolutions and, from layer to layer, the results of convolutions and poolings are stored. With "half"
   * they take half the memory and are off by at most 2⁻¹¹ of their values; sums are in single precision all the same. Such a
   * network is not trained. Default: "single".
   */
  precision,
  /** The seed of the random numbers with which the trunk's weights begin. Default: 0. */
  seed: number(0, { least: 0 }),
  /**
   * Whether only the inputs of the five VGG blocks are kept for the gradients and the blocks are computed again. This needs
   * less memory between the two passes, where a CRF needs its own, and costs one more forward pass. Default: false.
   */
  recompute: boolean(false),
  /** @deprecated Its name is `recompute` now. */
  checkpoints: boolean(false),
};

const finite = number(1, {});

const pool4Options = {
  /** The factor by which pool4 is multiplied before it is scored; one for pool3, as `fcn8s` has it, is ignored. Default: [1]. */
  poolScales: list<readonly [pool4: number, pool3?: number]>([1, 1], finite, { least: 1 }),
};

const pool3Options = {
  /** Whether upscore2 has a bias, as in CRF-RNN's network. Default: false. */
  upscore2Bias: boolean(false, { told: ({ has }) => has("upscore2.bias") }),
  /**
   * Factors by which pool4 and pool3, in this order, are multiplied before they are scored. Use [1, 1] (the default) if one
   * stage is trained after the other, and [0.01, 0.0001] if all are trained at once.
   */
  poolScales: list<readonly [pool4: number, pool3: number]>([1, 1], finite),
};

/** The options of each network except for its classes. */
export const networkOptions = /* @__PURE__ */ (() => ({
  fcn32s: { ...trunkOptions, ...passOptions },
  fcn16s: { ...trunkOptions, ...passOptions, ...pool4Options },
  fcn8s: { ...trunkOptions, ...passOptions, ...pool3Options },
}))();

export type FcnStage = keyof typeof networkOptions;

export const fcnStages = /* @__PURE__ */ Object.keys(networkOptions) as FcnStage[];

interface Classes {
  /** L */
  readonly classes: number;
}

/** How a fully convolutional network is set up; every value but `classes` has the papers' default. */
export interface FcnOptions extends Classes, Given<typeof trunkOptions>, Given<typeof passOptions> {}

export interface Fcn16sOptions extends FcnOptions, Given<typeof pool4Options> {}

export interface Fcn8sOptions extends FcnOptions, Given<typeof pool3Options> {}

/** Values of `poolScales` by the words of a run's configuration and the command line. */
export const poolScales = { staged: [1, 1], "at-once": [0.01, 0.0001] } as const;

/** The options of a network that a run's configuration and the command line have. */
export const runOptions = /* @__PURE__ */ (() => ({
  ...trunkOptions,
  scales: choice(Object.keys(poolScales) as (keyof typeof poolScales)[], "staged", {
    flag: [
      "--scales <kind>",
      "scale of the pool4 and pool3 skips: 1 and 1, or 0.01 and 0.0001 (all stages trained at once)",
    ],
  }),
}))();

export type RunOptions = Complete<typeof runOptions>;

/** The library's options for what a run's configuration says. */
export const libraryOptions = (run: RunOptions) => ({
  ...withDefaults("network", trunkOptions, run),
  poolScales: poolScales[run.scales],
});

/** The options that the layers depend on: those of the network that has the most. */
type Architecture = Classes &
  Complete<typeof trunkOptions> &
  Complete<typeof pool4Options> &
  Omit<Complete<typeof pool3Options>, "poolScales">;

/** The layers of a network. A stage ignores the options of layers that it does not have. */
export function layersOf(stage: FcnStage, options: Architecture): readonly Layer[] {
  const list = new LayerList();
  addTrunk(list, options);
  addHead[stage](list, options);
  return list.layers;
}

/**
 * VGG-16 as a fully convolutional network (Long, Shelhamer and Darrell 2015): the scores of fc7, for every 32nd pixel of an
 * image padded by 100.
 */
function addTrunk(list: LayerList, { classes, widths, fc, dropout }: Architecture): void {
  vggBlocks(16).forEach((names, block) => {
    for (const name of names) {
      const padding = list.last === imageName ? 100 : 1;
      list.convolution(name, widths[block] ?? 0, 3, { padding, relu: true, initial: "he", block });
    }
    list.pooling(`pool${block + 1}`, block);
  });
  list.convolution("fc6", fc, 7, { relu: true, initial: "he" });
  list.dropout("drop6", dropout);
  list.convolution("fc7", fc, 1, { relu: true, initial: "he" });
  list.dropout("drop7", dropout);
  list.convolution("score_fr", classes, 1);
}

/** Adds the layers that lead from the scores of every 32nd pixel to those of the image's own. */
const addHead: Readonly<Record<FcnStage, (list: LayerList, options: Architecture) => void>> = {
  fcn32s(list) {
    list.upsampling("upscore", 64, 32);
    list.cropping("score", 19, imageName);
  },

  fcn16s(list, { classes, poolScales: [scale4] }) {
    list.upsampling("upscore2", 4, 2);
    addSkip(list, "pool4", classes, scale4, 5);
    list.upsampling("upscore16", 32, 16);
    list.cropping("score", 27, imageName);
  },

  fcn8s(list, { classes, upscore2Bias, poolScales: [scale4, scale3 = 1] }) {
    list.upsampling("upscore2", 4, 2, upscore2Bias);
    addSkip(list, "pool4", classes, scale4, 5);
    list.upsampling("upscore_pool4", 4, 2);
    addSkip(list, "pool3", classes, scale3, 9);
    list.upsampling("upscore8", 16, 8);
    list.cropping("score", 31, imageName);
  },
};

/** Adds the scores of a pooling layer, multiplied by `factor`, to those before; `offset`: their first that has a counterpart. */
function addSkip(list: LayerList, pool: string, classes: number, factor: number, offset: number): void {
  const coarse = list.last;
  if (factor !== 1) list.scaling(`${pool} scaled`, factor, pool);
  list.convolution(`score_${pool}`, classes, 1, { from: factor === 1 ? pool : list.last });
  list.cropping(`score_${pool} cropped`, offset, coarse);
  list.sum(`fuse_${pool}`, coarse);
}

/** The layers of a network as published, of one class. */
export const publishedLayers = (stage: FcnStage): readonly Layer[] =>
  layersOf(stage, { classes: 1, ...withDefaults(stage, networkOptions.fcn8s, {}) });

/** The network that a checkpoint holds: the one with the finest interpolation that is among its tensors. */
export function stageOf({ has }: StoredShapes): FcnStage {
  const finest = (stage: FcnStage): string =>
    publishedLayers(stage).findLast(({ kind }) => kind === "upsampling")?.name ?? "";
  return fcnStages.find((stage) => has(`${finest(stage)}.weight`)) ?? "fcn32s";
}
