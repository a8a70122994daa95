import { type CrfCall, callNames, type CrfOptions, type CrfRnn, crfRnn, crfNames } from "../crf/crfRnn.ts";
import { softmax } from "../crf/softmax.ts";
import { argmax } from "../nn/argmax.ts";
import { resize } from "../nn/resize.ts";
import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import type { Scope } from "../scope.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { kindOf, remedyFor, requireFlag } from "../values.ts";
import { readConfidence } from "./confidence.ts";
import { imageTensor } from "./imageTensor.ts";
import { type Refined, refinedOf } from "./refined.ts";
import { type ScoresOptions, scoresTensor } from "./scoresTensor.ts";
import { type ImageSource, requireSource, sizeOf } from "./source.ts";

/** Scores of any network, and how they lie and what they mean: see `scoresTensor`. */
export interface Scores extends Omit<ScoresOptions, "size"> {
  readonly data: ArrayLike<number> | GPUBuffer | Tensor;
}

/** Options of `refine`: those of a CRF-RNN layer and of its calls, and what is wanted. */
export interface RefineOptions extends Omit<CrfOptions, "classes" | "learn">, CrfCall {
  /**
   * A layer to refine with, for example one that was learned, or the same for every picture of a video, whose spatial lattice it
   * keeps. It has its own options. Default: a new layer for each call.
   */
  readonly crf?: CrfRnn;
  /** Whether the result has the probabilities of all classes. Default: false. */
  readonly marginals?: boolean;
}

const { classes: _classes, learn: _learn, ...layerNames } = crfNames;
/** The names of its options. */
export const refineNames: Names<RefineOptions> = { ...layerNames, ...callNames, crf: true, marginals: true };
const where = "refine";

/**
 * Refines the scores of a network, or of anything else, along the edges of a picture, and says what every pixel shows.
 * Scores of another size than the picture's are interpolated. Everything on the device is given back before it resolves;
 * tensors that are given stay the caller's.
 * @throws ValueError, ShapeError, LimitError, DeviceError, DisposedError, AbortError
 * @example
 * const picture = { data: new Uint8Array(48), width: 4, height: 4 }; // or an ImageData, a canvas, a video, …
 * const scores = { data: new Float32Array(8), shape: [1, 2, 2, 2], layout: "nchw" } as const; // two classes, 2×2
 * const { labels, confidence } = await refine(device, picture, scores, { iterations: 10 }); // 16 of each
 */
export async function refine(
  device: Device,
  picture: ImageSource | Tensor,
  scores: Tensor | Scores,
  options: RefineOptions = {},
): Promise<Refined> {
  requireDevice(where, device);
  requireOptions(where, options, refineNames);
  const { marginals: wanted, crf: given, iterations, onIteration, signal, ...layerOptions } = options;
  requireFlag(where, "marginals", wanted);
  requireLayer(given, layerOptions);
  requirePicture(device, picture);
  using scope = device.scope();
  const [height, width] = sizeOfPicture(picture);
  const unary = unaryOf(scope, scores, [height, width]);
  const guide = picture instanceof Tensor ? picture : scope.add(imageTensor(device, picture));
  const classes = unary.channels;
  const crf = given ?? scope.add(crfRnn(device, { ...layerOptions, classes }));
  const refined = scope.add(await crf(unary, guide, { iterations, onIteration, signal }));
  const labels = classes > 255 ? await argmax(refined, { bits: 16 }) : await argmax(refined);
  const confidence = await readConfidence(refined);
  const marginals = wanted ? await scope.add(softmax(refined)).read() : undefined;
  const source = picture instanceof Tensor ? undefined : picture;
  return refinedOf({ width, height, classes, labels, confidence, ...(marginals && { marginals }) }, source);
}

/** @throws ValueError for what is no layer, and for options beside it, which are its own */
function requireLayer(layer: unknown, options: object): void {
  if (layer === undefined) return;
  const bad = (expected: string, got: string, remedy: string): ValueError =>
    new ValueError({ where, expected, got, remedy });
  if (typeof layer !== "function" || !("parameters" in layer)) {
    throw bad("a layer as crf", kindOf(layer), remedyFor(layer, "make it with crfRnn(device, options)"));
  }
  const [other] = Object.entries(options).filter(([, value]) => value !== undefined);
  if (other) throw bad("no options of a layer beside crf", other[0], "pass it to crfRnn");
}

/** @throws ValueError, ShapeError, DisposedError, DeviceError */
function requirePicture(device: Device, picture: unknown): asserts picture is ImageSource | Tensor {
  if (!(picture instanceof Tensor)) return requireSource(where, picture);
  requireInputs(where, { picture }, device);
  if (picture.shape.length === 3) return;
  throw new ShapeError({
    where,
    expected: "a picture [h, w, C]",
    got: formatShape(picture.shape),
    remedy: "refine the pictures of a batch one by one, or call a layer of crfRnn",
  });
}

function sizeOfPicture(picture: ImageSource | Tensor): readonly [height: number, width: number] {
  if (picture instanceof Tensor) return [picture.shape[0]!, picture.shape[1]!];
  const { width, height } = sizeOf(picture);
  return [height, width];
}

/** Makes unary logits of the picture's size. @throws ValueError, ShapeError, DisposedError, DeviceError */
function unaryOf(scope: Scope, scores: Tensor | Scores, size: readonly [number, number]): Tensor {
  const { device } = scope;
  if (!isScores(scores)) requireInputs(where, { scores }, device);
  const unary = isScores(scores) ? scope.add(scoresOf(device, scores, size)) : scores;
  if (unary.shape.length !== 3) {
    throw new ShapeError({
      where,
      expected: "scores [h, w, L] of one picture",
      got: formatShape(unary.shape),
      remedy: "refine the pictures of a batch one by one, or call a layer of crfRnn",
    });
  }
  return sameShape(unary.shape.slice(0, 2), size) ? unary : scope.add(resize(unary, size));
}

const isScores = (scores: Tensor | Scores): scores is Scores =>
  typeof scores === "object" && scores !== null && !(scores instanceof Tensor) && "data" in scores;

const scoresOf = (device: Device, { data, ...options }: Scores, size: readonly [number, number]): Tensor =>
  scoresTensor(device, data, { ...options, size });
