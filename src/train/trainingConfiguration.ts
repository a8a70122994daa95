import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { readBytes, type Source } from "../checkpoint/source.ts";
import { bandwidthOptions, inferenceOptions, temperatureOption, weightOptions } from "../crf/options.ts";
import { countLabels } from "../data/labels.ts";
import { type Color, vocPalette } from "../data/palette.ts";
import { spread } from "../data/spread.ts";
import type { Augmentation } from "../data/labeledImage.ts";
import { type Description, type Given, namesOf, requireDescribed, withDefaults } from "../description.ts";
import { ValueError } from "../errors.ts";
import { convLstmOptions } from "../models/convLstm.ts";
import { runOptions } from "../models/specification.ts";
import { type Names, requireOptions } from "../options.ts";
import { elementsOf } from "../shape.ts";
import { kindOf, requireChoice } from "../values.ts";
import {
  checkedConfiguration,
  type Configuration,
  type CrfConfiguration,
  type Loss,
  type LstmConfiguration,
  type OptimizerConfiguration,
  parseConfiguration,
  type Stage,
} from "./configuration.ts";
import { type BeginningKind, defaultsFor } from "./defaults.ts";
import { digestOf, digestOfIds } from "./digest.ts";
import type { Timetable } from "./loop.ts";
import { augmentationOptions, defaultLearn, openOptions, trainingOptions } from "./options.ts";
import { type CompatibilityFreedom, compatibilityFreedoms, type WeightFreedom, weightFreedoms } from "./freedom.ts";
import { type Sample, samplesOf, type TrainingImage } from "./sample.ts";

/** The steps of `poly` and `cosine` are those of the run. */
export type ScheduleOption =
  | OptimizerConfiguration["schedule"]
  | { readonly kind: "poly"; readonly power: number }
  | { readonly kind: "cosine" };

/** Options of a run. All but `classes` and `images` have the defaults of `crf-rnn train`. */
export interface TrainingOptions extends Given<typeof runOptions> {
  /** The names of the classes; a label is an index into them. */
  readonly classes: readonly string[];
  /** The images to train on, as `memorySurroundings` has them. If they bring logits, these stand in for a network. */
  readonly images: readonly TrainingImage[];
  /** Which network, or `crf-rnn`: FCN-8s and a CRF-RNN on top of it, end to end. Default: `fcn8s`. */
  readonly stage?: Stage;
  /** The channels, as a share of VGG-16's, where `widths` and `fc` are left out. Default: 1. */
  readonly width?: number;
  /** Layers that stay as `init` has them, by how their names begin: `conv1` is conv1_1 and conv1_2. */
  readonly frozen?: readonly string[];
  /** A checkpoint of any format to begin from, which `runTraining` takes as well. */
  readonly init?: Source;
  /** Steps in all. Default: those of `epochs`. */
  readonly steps?: number;
  /** How often each image is seen, instead of `steps`. Default: 20. */
  readonly epochs?: number;
  /** Steps between validations. Default: a tenth of all. */
  readonly validateEvery?: number;
  /** Steps between checkpoints. Default: a tenth of all, 1000 at most. */
  readonly saveEvery?: number;
  /** After how many validations in a row without a better mean IU the run ends. Default: never. */
  readonly patience?: number;
  /** Default: `adam`; `sgd` from published weights of the whole network, whose papers have it. */
  readonly optimizer?: OptimizerConfiguration["kind"];
  /** The learning rate. Default: one that suits optimizer, loss and beginning (`crf-rnn help train` lists them). */
  readonly rate?: number;
  /** Default: `{ kind: "fixed" }`. */
  readonly schedule?: ScheduleOption;
  /** Steps in which the rate rises evenly to what the schedule says. Default: none. */
  readonly warmUp?: number;
  /** Factors of the rate, by names of parameters or patterns: `{ "score*": 10 }` for a head that begins from scratch. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Momentum of SGD. Default: 0.99. */
  readonly momentum?: number;
  /** Weight decay. Default: 0.0005. */
  readonly decay?: number;
  /** The largest norm of a step's gradient. Default: none. */
  readonly clip?: number;
  /** Images whose gradients are summed for one step. Default: 1. */
  readonly batch?: number;
  /**
   * Cross-entropy, summed or averaged over pixels, the robust log-likelihood (see `robustLogLikelihood`), summed, the Dice loss of each image
   * (see `dice`), or `mean+dice`, the averaged cross-entropy and the Dice loss together. Default: `sum`.
   */
  readonly loss?: Configuration["loss"];
  /**
   * How much the pixels of each class count in cross-entropy and robust log-likelihood: a number of 0 or more a class, or `balanced`, which
   * gives every class that occurs in the training images the same sum of weights, 1 for a pixel on average. Default: 1 for all.
   */
  readonly classWeights?: "balanced" | readonly number[];
  /** The seed of the order, the initialization, dropout and augmentation. Default: 1. */
  readonly seed?: number;
  /** How far images are varied. Default: not at all. */
  readonly augmentation?: Augmentation;
  /** The colors of the classes, in which `segment` draws. Default: PASCAL VOC's. */
  readonly palette?: readonly Color[];
  /**
   * A convolutional LSTM (`convLstm`) that improves the network's scores, in the stages of networks alone: its hidden channels, pixels of its
   * convolutions and iterations, or what is left out of them as `convLstm` has it. Default: none.
   */
  readonly lstm?: Partial<LstmConfiguration>;
  /** The CRF of the stage `crf-rnn`. */
  readonly crf?: CrfTrainingOptions;
}

/** The CRF of a run: what it is, how its parameters begin, and what it learns. */
export interface CrfTrainingOptions extends Given<typeof inferenceOptions> {
  /** θα in pixels (160), θβ in color levels (3) and the diagonal of W_b (5), where no checkpoint gives others. */
  readonly bilateral?: { readonly position?: number; readonly color?: number; readonly weight?: number };
  /** θγ in pixels (3) and the diagonal of W_s (3), likewise. */
  readonly spatial?: { readonly position?: number; readonly weight?: number };
  /** Which numbers of W_s and W_b are learned: one for all classes, one for each, or the matrices (the default). */
  readonly weights?: WeightFreedom;
  /** Which numbers of C are learned: none (`potts`), one for each pair of classes, or one for each ordered pair (the default). */
  readonly compatibility?: CompatibilityFreedom;
  /** The iterations of validations. Default: those of training. */
  readonly validationIterations?: number;
  /** By what the logits below the CRF are divided. Default: 1. */
  readonly temperature?: number;
  /** Default: weights and compatibility. */
  readonly learn?: Partial<CrfConfiguration["learn"]>;
  /** Multiples of the rate. Default: what the papers have, or what makes 0.01 and 0.001 of the rate. */
  readonly multipliers?: Partial<CrfConfiguration["multipliers"]>;
  /** Whether the network below learns, too. Default: true. */
  readonly network?: boolean;
}

const names: Names<TrainingOptions> = /* @__PURE__ */ (() => ({
  ...namesOf(runOptions),
  ...namesOf(trainingOptions),
  ...namesOf(openOptions),
  classes: true,
  images: true,
  frozen: true,
  init: true,
  schedule: true,
  rates: true,
  augmentation: true,
  classWeights: true,
  palette: true,
  lstm: true,
  crf: true,
}))();

const crfNames: Names<CrfTrainingOptions> = /* @__PURE__ */ (() => ({
  ...namesOf(inferenceOptions),
  bilateral: true,
  spatial: true,
  weights: true,
  compatibility: true,
  validationIterations: true,
  temperature: true,
  learn: true,
  multipliers: true,
  network: true,
}))();

const learnable: Names<CrfConfiguration["learn"]> = { weights: true, compatibility: true, bandwidths: true };

/** What a configuration takes from images and files. */
export interface Ground {
  readonly images: Configuration["images"];
  /** The pixels of a typical image. */
  readonly pixels: number;
  /** Whether logits are given in place of a network. */
  readonly logits: boolean;
  readonly begins: BeginningKind;
  /** See `Configuration.beginning`. */
  readonly beginning: string;
  /** The pixels of each label in the training images; needed for balanced weights alone. */
  readonly counts?: ArrayLike<number>;
}

const where = "trainingConfiguration";

/**
 * Makes a run's configuration, for `runTraining`. The same options, images and ids give the configuration, and so the bits, of
 * `crf-rnn train`, which goes on with what was begun here.
 * @throws ValueError for options that are unknown, out of range, or exclude each other; FormatError for `init`; DeviceError
 * where a page has no SHA-256
 * @example
 * const picture = drawShapes(1, 0, 24);
 * const configuration = await trainingConfiguration({ classes: ["ground", "disk"], images: [picture], width: 0.125 });
 */
export async function trainingConfiguration(options: TrainingOptions): Promise<Configuration> {
  requireOptions(where, options, names);
  const images = samplesOf(where, "images", options.images, 1);
  const { init } = options;
  const logits = logitsOf(images);
  checkTogether(options, logits !== undefined);
  const some = spread(images, 8);
  return configurationOf(options, {
    images: { count: images.length, digest: await digestOfIds(images.map(({ id }) => id)) },
    pixels: some.reduce((sum, { image }) => sum + croppedPixels(image, options.augmentation), 0) / some.length,
    counts: countsOf(images.map(({ labels }) => labels)),
    logits: logits !== undefined,
    begins: init ? await beginningOf(init, options.classes.length) : "nothing",
    beginning: await digestOfBeginning(init, logits),
  });
}

/** Makes a run's timetable of the same options. @throws ValueError */
export function trainingTimetable(options: Omit<TrainingOptions, "classes">): Timetable {
  requireOptions("trainingTimetable", options, names);
  checkOpen(options);
  return timetableOf(options, options.images.length);
}

/** The timetable of a run on so many images. */
export function timetableOf(
  options: Pick<TrainingOptions, "steps" | "epochs" | "batch" | "validateEvery" | "saveEvery" | "patience">,
  images: number,
): Timetable {
  const steps = stepsOf(options, images);
  const tenth = Math.max(1, Math.round(steps / 10));
  const { validateEvery = tenth, saveEvery = Math.min(tenth, 1000) } = options;
  return { steps, validateEvery, saveEvery, patience: options.patience };
}

function stepsOf(options: Pick<TrainingOptions, "steps" | "epochs" | "batch">, images: number): number {
  const { epochs = openOptions.epochs.default, batch = trainingOptions.batch.default } = options;
  return options.steps ?? Math.max(1, Math.round((epochs * images) / batch));
}

/** The configuration of a run whose images and files are known by what is in `ground`. @throws ValueError */
export function configurationOf(options: Omit<TrainingOptions, "images" | "init">, ground: Ground): Configuration {
  checkOpen(options);
  const given = Object.fromEntries(Object.keys(trainingOptions).map((name) => [name, options[name as keyof object]]));
  const { stage, loss, momentum, decay, batch, seed } = withDefaults(where, trainingOptions, given);
  const { clip, warmUp, rates, augmentation = {}, crf = {} } = options;
  checkGiven("augmentation", augmentationOptions, augmentation);
  const alone = ground.logits || crf.network === false;
  const { begins: beginning, pixels } = ground;
  const defaults = defaultsFor({ stage, loss, optimizer: options.optimizer, beginning, alone, pixels });
  const { schedule: asked = { kind: "fixed" }, rate = defaults.rate } = options;
  const schedule =
    asked.kind === "poly" || asked.kind === "cosine"
      ? { ...asked, steps: stepsOf(options, ground.images.count) }
      : asked;
  return checkedConfiguration(where, {
    stage,
    classes: [...options.classes],
    images: ground.images,
    network: ground.logits ? undefined : networkOf(options),
    lstm: options.lstm && lstmOf(options.lstm, stage),
    crf: stage === "crf-rnn" ? crfOf(crf, defaults.multipliers, ground.logits) : undefined,
    beginning: ground.beginning,
    optimizer: { kind: defaults.optimizer, rate, momentum, decay, clip, warmUp, rates, schedule },
    batch,
    loss,
    classWeights: weightsOf(options.classWeights, loss, options.classes.length, ground.counts),
    seed,
    augmentation,
    palette: ownColors(options.palette, options.classes.length),
  } satisfies Configuration);
}

/** The colors of the classes where they are others than VOC's. @throws ValueError for fewer or more */
function ownColors(palette: readonly Color[] | undefined, classes: number): readonly Color[] | undefined {
  if (palette === undefined) return undefined;
  if (!Array.isArray(palette) || palette.length !== classes) {
    const got = Array.isArray(palette) ? `${palette.length}` : kindOf(palette);
    throw new ValueError({ where, expected: `palette: ${classes} colors, one a class`, got });
  }
  const usual = vocPalette();
  const own = palette as readonly Color[];
  return own.some((color, label) => color.join() !== usual[label]?.join()) ? own : undefined;
}

/** The pixels of an image as it is learned from. */
export const croppedPixels = (
  { height, width }: { height: number; width: number },
  { crop = Infinity }: Augmentation = {},
): number => Math.min(height, crop) * Math.min(width, crop);

/** Counts the pixels of each of the 256 labels in several maps. */
export function countsOf(maps: Iterable<Uint8Array>): Float64Array {
  const counts = new Float64Array(256);
  for (const map of maps) countLabels(map).forEach((count, label) => (counts[label]! += count));
  return counts;
}

/** @throws ValueError for weights that are none, or beside a loss that has no use for them */
function weightsOf(
  asked: TrainingOptions["classWeights"],
  loss: Loss,
  classes: number,
  counts: ArrayLike<number> | undefined,
): readonly number[] | undefined {
  if (asked === undefined) return undefined;
  if (loss === "dice") throw new ValueError({ where, expected: "no classWeights beside the loss dice", got: "both" });
  if (asked === "balanced") return balanced(Array.from({ length: classes }, (_, label) => counts?.[label] ?? 0));
  const weights = asked;
  const fit = Array.isArray(asked) && weights.length === classes;
  if (fit && weights.every((weight) => weight >= 0 && weight < Infinity)) return [...weights];
  const got = Array.isArray(asked) ? asked.map(String).join(", ") : kindOf(asked);
  throw new ValueError({
    where,
    expected: `classWeights: balanced, or ${classes} numbers of 0 or more, one a class`,
    got,
  });
}

/** Weights by which every class that occurs has the same sum, 1 on average over the pixels; a class that does not occur has 1. */
function balanced(counts: readonly number[]): number[] {
  const pixels = counts.reduce((sum, count) => sum + count, 0);
  const occurring = counts.filter((count) => count > 0).length;
  // Few digits, so that they can be read and written again.
  return counts.map((count) => (count > 0 ? Number((pixels / (occurring * count)).toPrecision(6)) : 1));
}

function networkOf(options: Omit<TrainingOptions, "images">): Configuration["network"] {
  const { width = trainingOptions.width.default, dropout, scales } = options;
  const scaled = (channels: number): number => Math.max(4, 4 * Math.round((width * channels) / 4));
  const { widths = runOptions.widths.default.map(scaled), fc = scaled(runOptions.fc.default) } = options;
  return { ...withDefaults(where, runOptions, { widths, fc, dropout, scales }), frozen: options.frozen };
}

/** @throws ValueError beside a CRF, which does the same */
function lstmOf(given: Partial<LstmConfiguration>, stage: Stage): LstmConfiguration {
  const { seed: _seed, ...descriptions } = convLstmOptions;
  requireOptions(`${where}, lstm`, given, namesOf(descriptions));
  if (stage !== "crf-rnn") return withDefaults(`${where}, lstm`, descriptions, given);
  const remedy = "leave one of them out";
  throw new ValueError({ where, expected: "lstm in a stage without a CRF", got: `the stage ${stage}`, remedy });
}

function crfOf(
  options: CrfTrainingOptions,
  multipliers: CrfConfiguration["multipliers"],
  logits: boolean,
): CrfConfiguration {
  requireOptions(`${where}, crf`, options, crfNames);
  const { iterations, tied, normalization, activation, bilateral = {}, spatial = {}, learn, network = true } = options;
  requireOptions(`${where}, crf.learn`, learn, learnable);
  requireOptions(`${where}, crf.multipliers`, options.multipliers, learnable);
  const { thetaAlpha, thetaBeta, thetaGamma } = bandwidthOptions;
  const { spatialWeight, bilateralWeight } = weightOptions;
  return {
    ...withDefaults(`${where}, crf`, inferenceOptions, { iterations, tied, normalization, activation }),
    bandwidths: [
      valueOf("bilateral.position", thetaAlpha, bilateral.position),
      valueOf("bilateral.color", thetaBeta, bilateral.color),
      valueOf("spatial.position", thetaGamma, spatial.position),
    ],
    weights: {
      spatial: valueOf("spatial.weight", spatialWeight, spatial.weight),
      bilateral: valueOf("bilateral.weight", bilateralWeight, bilateral.weight),
    },
    ...temperatureOf(options.temperature),
    ...freedomOf(options),
    ...validationOf(options),
    learn: { ...defaultLearn, ...learn, ...(options.compatibility === "potts" && { compatibility: false }) },
    multipliers: { ...multipliers, ...options.multipliers },
    network: network && !logits,
  };
}

function freedomOf({
  weights = "full",
  compatibility = "full",
}: CrfTrainingOptions): Pick<CrfConfiguration, "freedom"> {
  requireChoice(`${where}, crf`, "weights", weights, weightFreedoms);
  requireChoice(`${where}, crf`, "compatibility", compatibility, compatibilityFreedoms);
  const freedom = {
    ...(weights !== "full" && { weights }),
    ...(compatibility === "symmetric" && { compatibility }),
  };
  return Object.keys(freedom).length === 0 ? {} : { freedom };
}

/** @throws ValueError where untied parameters have no set for an iteration */
function validationOf({
  validationIterations,
  iterations = inferenceOptions.iterations.default,
  tied = true,
}: CrfTrainingOptions): Pick<CrfConfiguration, "validationIterations"> {
  if (validationIterations === undefined) return {};
  requireDescribed(`${where}, crf`, "validationIterations", inferenceOptions.iterations, validationIterations);
  if (tied || validationIterations <= iterations) return { validationIterations };
  throw new ValueError({
    where: `${where}, crf`,
    expected: `validationIterations: at most ${iterations}, as untied parameters have one set for each iteration`,
    got: String(validationIterations),
  });
}

/** A temperature of 1 is left out, so that a run without one is stored as it always was. */
function temperatureOf(given?: number): Pick<CrfConfiguration, "temperature"> {
  const temperature = valueOf("temperature", temperatureOption.temperature, given);
  return temperature === 1 ? {} : { temperature };
}

function valueOf(name: string, description: Description<number>, value = description.default): number {
  requireDescribed(`${where}, crf`, name, description, value);
  return value;
}

const checkOpen = (options: Omit<TrainingOptions, "images" | "classes">): void => {
  const given = Object.keys(openOptions).map((name) => [name, options[name as keyof object]]);
  checkGiven("", openOptions, Object.fromEntries(given) as object);
};

/** Checks those options of a group that are given. */
function checkGiven(group: string, descriptions: object, given: object): void {
  const place = group ? `${where}, ${group}` : where;
  requireOptions(place, given, namesOf(descriptions));
  for (const [name, description] of Object.entries(descriptions as Record<string, Description<unknown>>)) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined) requireDescribed(place, name, description, value);
  }
}

/** @throws ValueError for options that exclude each other, or that lack another one */
function checkTogether(options: TrainingOptions, logits: boolean): void {
  const { stage = trainingOptions.stage.default, steps, epochs, init, frozen, augmentation, crf } = options;
  const refuse = (expected: string, got: string): never => {
    throw new ValueError({ where, expected, got });
  };
  const { classes } = options as Partial<TrainingOptions>;
  if (!Array.isArray(classes) || classes.length === 0) refuse("classes: their names, in an array", kindOf(classes));
  if (steps !== undefined && epochs !== undefined) refuse("steps or epochs", "both");
  if (crf && stage !== "crf-rnn") refuse('crf beside the stage "crf-rnn" alone', stage);
  if (logits && stage !== "crf-rnn") refuse('logits of another network for the stage "crf-rnn" alone', stage);
  if (logits && augmentation) refuse("no augmentation beside logits of the images as they are", "both");
  if (frozen && !init) refuse("init beside frozen: a checkpoint whose layers stay as they are", "none");
  if (frozen && logits) refuse("no frozen beside logits of another network", "both");
  if (crf?.network === false && !init && !logits) {
    refuse("init, or images with logits, beside crf.network: false", "neither");
  }
}

/** The logits that all images bring, or none. */
function logitsOf(images: readonly Sample[]): readonly Float32Array<ArrayBuffer>[] | undefined {
  const given = images.flatMap(({ logits }) => (logits ? [logits] : []));
  if (given.length === 0) return undefined;
  const missing = images.find(({ logits }) => !logits);
  if (missing)
    throw new ValueError({ where, expected: "logits of all images or of none", got: `none of ${missing.id}` });
  const wrong = images.find(({ logits }) => logits!.values.length !== elementsOf(logits!.shape));
  if (!wrong) return given.map(({ values }) => values);
  throw new ValueError({
    where: `${where}, ${wrong.id}`,
    expected: `logits [${wrong.logits!.shape.join(", ")}]`,
    got: `${wrong.logits!.values.length} values`,
  });
}

/** Tells what kind of checkpoint a run begins from. @throws FormatError */
export async function beginningOf(init: Source, classes: number): Promise<BeginningKind> {
  const { metadata, tensors } = await openCheckpoint(init, { partial: true });
  if (parseConfiguration(metadata.configuration)) return "own";
  // Scores of other classes are learned from scratch, for which the papers' rates are far too small.
  const isOfClasses = (tensors.get("score_fr.weight")?.shape[0] ?? classes) === classes;
  return tensors.has("fc7.weight") && isOfClasses ? "published" : "part";
}

/** A digest of a checkpoint's bytes, and behind them of the logits'. */
async function digestOfBeginning(
  init: Source | undefined,
  logits: readonly Float32Array<ArrayBuffer>[] | undefined,
): Promise<string> {
  if (!init && !logits) return "none";
  const parts: BlobPart[] = [...(init ? [await readBytes(init, 0, init.size)] : []), ...(logits ?? [])];
  return digestOf(new Uint8Array(await new Blob(parts).arrayBuffer()));
}
