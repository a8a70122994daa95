import { type CrfOptions, type CrfRnn, crfRnn, crfNames, type PlainCrfCall, plainCallNames } from "../crf/crfRnn.ts";
import type { Bandwidth } from "../crf/bandwidths.ts";
import { bandwidthOptions } from "../crf/options.ts";
import { softmax } from "../crf/softmax.ts";
import { shrink, upsample } from "../lattice/upsample.ts";
import { beginArgmax } from "../nn/argmax.ts";
import { resize } from "../nn/resize.ts";
import type { Device } from "../device/device.ts";
import { readTogether } from "../device/readTogether.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import type { Scope } from "../scope.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { kindOf, remedyFor, requireChoice, requireFlag } from "../values.ts";
import { queueConfidence } from "./confidence.ts";
import { imageTensor } from "./imageTensor.ts";
import { type Refined, refinedOf } from "./refined.ts";
import { type ScoresOptions, scoresTensor } from "./scoresTensor.ts";
import { type ImageSource, requireSource } from "./source.ts";

/** Scores of any network, and how they lie and what they mean: see `scoresTensor`. */
export interface Scores extends Omit<ScoresOptions, "size"> {
  readonly data: ArrayLike<number> | GPUBuffer | Tensor;
}

/** Options of `refine`: those of a CRF-RNN layer and of its calls, and what is wanted. */
export interface RefineOptions extends Omit<CrfOptions, "classes" | "learn">, PlainCrfCall {
  /**
   * A layer to refine with, for example one that was learned, or the same for every picture of a video, whose spatial lattice it
   * keeps. It has its own options. Default: a new layer for each call.
   */
  readonly crf?: CrfRnn;
  /**
   * What is done with scores that are smaller than the picture. `bilinear` (the default) interpolates them and refines all
   * pixels of the picture. `lattice` refines at the size of the scores, beside a picture that was shrunk to it, and carries the
   * result to the picture's pixels along its edges (see `upsample`), which takes a fraction of time and memory. Positions in
   * pixels still count those of the picture, but reach a pixel of the scores at least; those of `crf` are its own.
   */
  readonly upsampling?: "bilinear" | "lattice";
  /** Whether the result has the probabilities of all classes. Default: false. */
  readonly marginals?: boolean;
}

const where = "refine";

/**
 * Refines the scores of a network, or of anything else, along the edges of a picture, and says what every pixel shows.
 * Scores may have another size than the picture. Everything on the device is given back before it resolves;
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
  requireOptions(where, options, refineNames());
  const { marginals: wanted, crf, upsampling = "bilinear", ...others } = options;
  const { iterations, until, prune, onPruned, onIteration, signal, ...layer } = others;
  requireFlag(where, "marginals", wanted);
  requireChoice(where, "upsampling", upsampling, ["bilinear", "lattice"]);
  requireLayer(device, crf, layer);
  requirePicture(device, picture);
  using scope = device.scope();
  const small = scoresOf(scope, scores);
  const guide = picture instanceof Tensor ? picture : scope.add(imageTensor(device, picture));
  const alignCorners = isScores(scores) ? scores.alignCorners : undefined;
  let done = 0;
  const count: PlainCrfCall["onIteration"] = async (iteration, change) => {
    done = iteration;
    await onIteration?.(iteration, change);
  };
  const given = {
    scope,
    small,
    guide,
    alignCorners,
    crf,
    layer,
    call: { iterations, until, prune, onPruned, onIteration: count, signal },
  };
  const refined = await (upsampling === "lattice" && isSmaller(small, guide) ? refineSmall(given) : refineWhole(given));
  const [height, width] = guide.shape as [number, number, number];
  const classes = refined.channels;
  using workspace = new Workspace(device);
  const begun = beginArgmax(workspace, refined, classes > 255 ? 16 : 8);
  const sure = queueConfidence(workspace, refined);
  const [first, second] = await readTogether(device, [begun.unread, sure]);
  const labels = begun.finish(first!);
  const confidence = new Float32Array(second!);
  const marginals = wanted ? await scope.add(softmax(refined)).read() : undefined;
  const source = picture instanceof Tensor ? undefined : picture;
  return refinedOf(
    { width, height, classes, labels, confidence, iterations: done, ...(marginals && { marginals }) },
    source,
  );
}

/** The names are put together here, since bundlers keep whatever is put together where it stands alone. */
function refineNames(): Names<RefineOptions> {
  const { classes: _classes, learn: _learn, ...layerNames } = crfNames;
  return { ...layerNames, ...plainCallNames, crf: true, upsampling: true, marginals: true };
}

/** What is refined, and how. What is made of it belongs to the scope. */
interface Given {
  readonly scope: Scope;
  /** The scores in their own size. */
  readonly small: Tensor;
  readonly guide: Tensor;
  readonly alignCorners: boolean | undefined;
  readonly crf: CrfRnn | undefined;
  readonly layer: Omit<CrfOptions, "classes">;
  readonly call: PlainCrfCall;
}

/** Refines at the picture's size. */
async function refineWhole({ scope, small, guide, alignCorners, crf, layer, call }: Given): Promise<Tensor> {
  const size = sizeOf(guide);
  const unary = sameShape(sizeOf(small), size) ? small : scope.add(resize(small, size, { alignCorners }));
  const own = crf ?? scope.add(crfRnn(scope.device, { ...layer, classes: unary.channels }));
  return scope.add(await own(unary, guide, call));
}

/** Refines at the size of the scores, and carries the result to the picture's pixels. */
async function refineSmall({ scope, small, guide, alignCorners, crf, layer, call }: Given): Promise<Tensor> {
  const options = { alignCorners, signal: call.signal };
  const shrunk = scope.add(await shrink(guide, sizeOf(small), options));
  const share = Math.max(...sizeOf(small)) / Math.max(...sizeOf(guide));
  const scaled = { ...layer, ...scaledPositions(layer, share), classes: small.channels };
  const own = crf ?? scope.add(crfRnn(scope.device, scaled));
  const refined = scope.add(await own(small, shrunk, call));
  return scope.add(await upsample(refined, shrunk, guide, options));
}

/** Bandwidths in pixels of a picture, in pixels of a map that is `share` of its size; those in percent stay. */
function scaledPositions({ bilateral, spatial }: Omit<CrfOptions, "classes">, share: number) {
  // What reaches less than a pixel would filter nothing.
  const scaled = (position: Bandwidth): Bandwidth =>
    typeof position === "number" ? Math.max(Math.min(1, position), position * share) : position;
  const { thetaAlpha, thetaGamma } = bandwidthOptions;
  return {
    bilateral: { ...bilateral, position: scaled(bilateral?.position ?? thetaAlpha.default) },
    spatial: { ...spatial, position: scaled(spatial?.position ?? thetaGamma.default) },
  };
}

const sizeOf = ({ shape }: Tensor): [height: number, width: number] => [shape[0]!, shape[1]!];

const isSmaller = (small: Tensor, guide: Tensor): boolean =>
  small.shape[0]! < guide.shape[0]! || small.shape[1]! < guide.shape[1]!;

/** @throws ValueError for what is no layer, and for options beside it, which are its own */
function requireLayer(device: Device, layer: CrfRnn | undefined, options: object): void {
  if (layer === undefined) return;
  const bad = (expected: string, got: string, remedy: string): ValueError =>
    new ValueError({ where, expected, got, remedy });
  if (typeof layer !== "function" || !("parameters" in layer)) {
    throw bad("a layer as crf", kindOf(layer), remedyFor(layer, "make it with crfRnn(device, options)"));
  }
  const [other] = Object.entries(options).filter(([, value]) => value !== undefined);
  if (other) throw bad("no options of a layer beside crf", other[0], "pass it to crfRnn");
  requireInputs(where, { "crf, its spatialWeight": layer.parameters.spatialWeight }, device);
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

/** Makes unary logits of the scores, in their own size. @throws ValueError, ShapeError, DisposedError, DeviceError */
function scoresOf(scope: Scope, scores: Tensor | Scores): Tensor {
  const unary = isScores(scores) ? scope.add(logitsOf(scope, scores)) : scores;
  requireInputs(where, { scores: unary }, scope.device);
  if (unary.shape.length === 3) return unary;
  throw new ShapeError({
    where,
    expected: "scores [h, w, L] of one picture",
    got: formatShape(unary.shape),
    remedy: "refine the pictures of a batch one by one, or call a layer of crfRnn",
  });
}

const logitsOf = ({ device }: Scope, { data, ...options }: Scores): Tensor => scoresTensor(device, data, options);

const isScores = (scores: Tensor | Scores): scores is Scores =>
  typeof scores === "object" && scores !== null && !(scores instanceof Tensor) && "data" in scores;
