import { type CrfCall, callNames, type CrfOptions, crfRnn, crfNames } from "../crf/crfRnn.ts";
import { softmax } from "../crf/softmax.ts";
import { argmax } from "../data/argmax.ts";
import type { Device } from "../device/device.ts";
import { ShapeError } from "../errors.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { requireFlag } from "../values.ts";
import { readConfidence } from "./confidence.ts";
import { imageTensor } from "./imageTensor.ts";
import { type Refined, refinedOf } from "./refined.ts";
import { type ImageSource, requireSource } from "./source.ts";

/** Scores on the host. */
export interface ScoresData {
  readonly data: ArrayLike<number>;
  /** [height, width, classes] */
  readonly shape: readonly number[];
}

/** Options of `refine`: those of a CRF-RNN layer and of its calls, and what is wanted. */
export interface RefineOptions extends Omit<CrfOptions, "classes" | "learn">, CrfCall {
  /** Whether the result has the probabilities of all classes. Default: false. */
  readonly marginals?: boolean;
}

const { classes: _classes, learn: _learn, ...layerNames } = crfNames;
/** The names of its options. */
export const refineNames: Names<RefineOptions> = { ...layerNames, ...callNames, marginals: true };
const where = "refine";

/**
 * Refines the scores of a network, or of anything else, along the edges of a picture, and says what every pixel shows.
 * Everything on the device is given back before it resolves.
 * @throws ValueError, ShapeError, LimitError, DeviceError, DisposedError, AbortError
 * @example
 * const picture = { data: new Uint8Array(48), width: 4, height: 4 }; // or an ImageData, a canvas, a video, …
 * const result = await refine(device, picture, { data: new Float32Array(32), shape: [4, 4, 2] });
 * const { labels, confidence } = result; // result.draw(canvas) shows them
 */
export async function refine(
  device: Device,
  picture: ImageSource | Tensor,
  scores: Tensor | ScoresData,
  options: RefineOptions = {},
): Promise<Refined> {
  requireDevice(where, device);
  requireOptions(where, options, refineNames);
  const { marginals: wanted, iterations, onIteration, signal, ...layerOptions } = options;
  requireFlag(where, "marginals", wanted);
  using scope = device.scope();
  const unary = isScoresData(scores) ? scope.tensor(scores.shape, scores.data) : scores;
  requireInputs(where, picture instanceof Tensor ? { scores: unary, picture } : { scores: unary }, device);
  const guide = guideOf(device, picture);
  if (guide !== picture) scope.add(guide);
  const classes = unary.channels;
  const crf = scope.add(crfRnn(device, { ...layerOptions, classes }));
  const refined = scope.add(await crf(unary, guide, { iterations, onIteration, signal }));
  const [height, width] = guide.shape as [number, number];
  const labels = argmax(await refined.read(), classes);
  const confidence = await readConfidence(refined);
  const marginals = wanted ? await scope.add(softmax(refined)).read() : undefined;
  const source = picture instanceof Tensor ? undefined : picture;
  return refinedOf({ width, height, classes, labels, confidence, ...(marginals && { marginals }) }, source);
}

const isScoresData = (scores: unknown): scores is ScoresData =>
  typeof scores === "object" && scores !== null && "data" in scores && "shape" in scores;

/** @throws ValueError, ShapeError */
function guideOf(device: Device, picture: ImageSource | Tensor): Tensor {
  if (!(picture instanceof Tensor)) {
    requireSource(where, picture);
    return imageTensor(device, picture);
  }
  if (picture.shape.length === 3) return picture;
  throw new ShapeError({
    where,
    expected: "a picture [h, w, C]",
    got: formatShape(picture.shape),
    remedy: "refine the pictures of a batch one by one, or call a layer of crfRnn",
  });
}
