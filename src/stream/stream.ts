/**
 * CRF-RNN on pictures of any size: pixels go by bands through one lattice, to the bits of the call that holds everything.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import { readTogether } from "../device/readTogether.ts";
import { Workspace } from "../device/workspace.ts";
import { type Activation, activations } from "../crf/activation.ts";
import { factorsFor, inPixels, parseBandwidths } from "../crf/bandwidths.ts";
import type { UpdateMatrices } from "../crf/compose.ts";
import type { CrfOptions } from "../crf/crfRnn.ts";
import { KnownMatrices } from "../crf/knownMatrices.ts";
import { bandwidthOptions, inferenceOptions, weightOptions } from "../crf/options.ts";
import { compatibilityMatrix, stacked, weightMatrix } from "../crf/parameters.ts";
import { LimitError, ShapeError, ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { normalizations } from "../lattice/filter.ts";
import { sliceFactor } from "../lattice/slice.ts";
import { type Names, requireOptions } from "../options.ts";
import { type Abortable, breathe } from "../turn.ts";
import { found, kindOf, requireChoice } from "../values.ts";
import { type CutOptions, type Estimate, estimateStream, fitsWhole, type PictureSize, rowsOfBand } from "./estimate.ts";
import { BandMeanField, type Picture, type Streamed } from "./meanField.ts";
import { type MapShape, type RowArray, type RowSink, type RowSource, arrayRows, fileRows } from "./rows.ts";

export { arrayRows, fileRows, type MapShape, type RowArray, type RowSink, type RowSource };
export { type Streamed };
export { type CutOptions, type Estimate, estimateStream, fitsWhole, type PictureSize };

/** What is refined, all of it outside of the device. */
export interface StreamedPicture {
  readonly height: number;
  readonly width: number;
  /** The guide: red, green and blue, or any number of channels. */
  readonly guide: RowSource;
  /** Logits, one channel a class. */
  readonly unary: RowSource;
  /**
   * Where the result goes: logits X_T, or marginals. It may be the array that `unary` reads from: a band is written in the last pass, after
   * its logits were read.
   */
  readonly result: RowSink;
}

/** Options of `stream`: those of `crfRnn` that inference needs, and how the picture is cut. */
export interface StreamOptions
  extends
    Abortable,
    CutOptions,
    Pick<CrfOptions, "iterations" | "normalization" | "activation" | "bilateral" | "spatial" | "compatibility"> {
  /** Default: `logits`, as `crfRnn` returns them. */
  readonly output?: "logits" | "marginals";
  /** Rows of pixels that are on the device at one time. Default: half a million pixels of them. */
  readonly rows?: number;
  /**
   * Classes that the lattices hold at one time, a multiple of four. Fewer take less memory of the device, and more time: each such block is a pass
   * over the picture of its own, and marginals are kept in memory of the host between them. Default: as many as the device's limits allow.
   */
  readonly channels?: number;
  /** Is told, and awaited, after each band of each pass: how many bands were done of all; of how many, is known from the second pass on. */
  readonly onBand?: (done: number, of: number) => void | Promise<void>;
}

const optionNames: Names<StreamOptions> = {
  iterations: true,
  normalization: true,
  activation: true,
  bilateral: true,
  spatial: true,
  compatibility: true,
  output: true,
  rows: true,
  channels: true,
  onBand: true,
  signal: true,
};

const where = "stream";
/** The most classes: those that the fused update takes, whose bits the result has. */
const mostClasses = 64;
/** With the position they are the features of the bilateral lattice, which has at most 15. */
const mostGuideChannels = 13;

/**
 * Infers CRF-RNN on a picture that may be larger than the device's memory: `crfRnn(device, options)(unary, guide)` to the bit, where its classes
 * are at most 64. What is on the device are both lattices' vertices with their channels, and one band of pixels, which is read
 * anew in each pass; on the host only what the caller's sources and sink take. It takes some three times as long as the call that holds
 * everything, since the entries of pixels are not kept either.
 * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, AbortError
 * @example
 * const shape = { height: 4, width: 5 };
 * const result = arrayRows(new Float32Array(40), { ...shape, channels: 2 });
 * await stream(device, {
 *   ...shape,
 *   guide: arrayRows(new Uint8Array(60), { ...shape, channels: 3 }),
 *   unary: arrayRows(new Float32Array(40), { ...shape, channels: 2 }),
 *   result,
 * });
 */
export async function stream(device: Device, picture: StreamedPicture, options: StreamOptions = {}): Promise<Streamed> {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  requirePicture(picture);
  const { normalization = inferenceOptions.normalization.default, activation = inferenceOptions.activation.default } =
    options;
  const { output = "logits", iterations = inferenceOptions.iterations.default } = options;
  requireChoice(where, "normalization", normalization, normalizations);
  requireChoice(where, "activation", activation, activations);
  requireChoice(where, "output", output, ["logits", "marginals"]);
  for (const [name, value, least] of [
    ["iterations", iterations, 0],
    ["rows", options.rows ?? 1, 1],
    ["channels", options.channels ?? 4, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ValueError({ where, expected: `a whole number of ${name}, ${least} or more`, got: found(value) });
  }
  using workspace = new Workspace(device);
  const { height, width } = picture;
  const bandwidths = bandwidthsOf(options, [height, width]);
  using matrices = await matricesOf(device, workspace, options, picture);
  const ofOutput: Activation | "none" = output === "logits" ? "none" : activation;
  const size = { height, width, classes: picture.unary.channels };
  const rows = rowsOfBand(device, size, options);
  const plan = {
    rows,
    channels: options.channels,
    iterations,
    normalization,
    activation,
    bandwidths,
    matrices: matrices.update,
  };
  const turn = (): Promise<void> => breathe(where, options);
  const { onBand } = options;
  return await new BandMeanField(device, workspace, picture, { ...plan, output: ofOutput }, { turn, onBand }).run();
}

/** @throws ValueError, ShapeError, LimitError */
function requirePicture(picture: Picture): void {
  const { height, width, guide, unary, result } = picture ?? {};
  for (const [name, extent] of Object.entries({ height, width })) {
    if (Number.isInteger(extent) && extent > 0) continue;
    throw new ShapeError({ where, expected: `a whole ${name}, 1 or more`, got: found(extent) });
  }
  const sources = { "guide.read": guide?.read, "unary.read": unary?.read, "result.write": result?.write };
  for (const [name, method] of Object.entries(sources)) {
    if (typeof method === "function") continue;
    throw new ValueError({
      where,
      expected: `a function ${name}`,
      got: kindOf(method),
      remedy: "make it with arrayRows",
    });
  }
  for (const [name, channels, most] of [
    ["guide", guide.channels, mostGuideChannels],
    ["unary", unary.channels, Infinity],
  ] as const) {
    if (Number.isInteger(channels) && channels >= 1 && channels <= most) continue;
    const expected = `a ${name} of ${most < Infinity ? `1 to ${most}` : "1 or more"} channels`;
    throw new ShapeError({ where, expected, got: found(channels), remedy: "put the channels last" });
  }
  if (unary.channels <= mostClasses) return;
  throw new LimitError({
    where,
    expected: `at most ${mostClasses} classes`,
    got: `${unary.channels}`,
    remedy: "leave out classes that are nowhere likely",
  });
}

/** The bandwidths in pixels, as a layer's parameter would hold them. */
function bandwidthsOf({ bilateral = {}, spatial = {} }: StreamOptions, size: readonly number[]): number[] {
  const { thetaAlpha, thetaBeta, thetaGamma } = bandwidthOptions;
  const { values, relative } = parseBandwidths(where, [
    bilateral.position ?? thetaAlpha.default,
    bilateral.color ?? thetaBeta.default,
    spatial.position ?? thetaGamma.default,
  ]);
  return inPixels(where, Float32Array.from(values), factorsFor(relative, size));
}

async function matricesOf(
  device: Device,
  workspace: Workspace,
  { bilateral = {}, spatial = {}, compatibility = "potts" }: StreamOptions,
  { guide, unary }: Picture,
): Promise<{ readonly update: UpdateMatrices } & Disposable> {
  const classes = unary.channels;
  using scope = device.scope();
  const { spatialWeight: near, bilateralWeight: like } = weightOptions;
  const tensorOf = (matrix: Float32Array) => scope.add(stacked(device, matrix, classes, 1));
  const parameters = {
    spatialWeight: tensorOf(weightMatrix(where, "spatial weight", spatial.weight ?? near.default, classes)),
    bilateralWeight: tensorOf(weightMatrix(where, "bilateral weight", bilateral.weight ?? like.default, classes)),
    compatibility: tensorOf(compatibilityMatrix(where, compatibility, classes)),
  };
  const factors = { spatialFactor: sliceFactor(2), bilateralFactor: sliceFactor(guide.channels + 2) };
  const known = new KnownMatrices(parameters, 1);
  const read = await readTogether(device, known.unread);
  const taken = known.take(workspace, read, factors);
  const dispose = (): void => {
    taken[Symbol.dispose]();
    known.dispose();
  };
  return { update: taken.update!, [Symbol.dispose]: dispose };
}
