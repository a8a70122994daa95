/**
 * `crf-rnn/mediapipe`: a CRF behind the segmenters of MediaPipe, in browsers. It needs the package
 * `@mediapipe/tasks-vision`, whose masks are passed in.
 *
 * @module
 * @example
 * // selfies is an ImageSegmenter that was made with outputConfidenceMasks: true
 * const { confidenceMasks } = selfies.segment(image);
 * const { labels } = await refine(device, image, fromMasks(device, confidenceMasks), people);
 */
import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { type ScoresOptions, scoresTensor } from "../pictures/scoresTensor.ts";
import type { Tensor } from "../tensor.ts";
import { kindOf, remedyFor } from "../values.ts";

/** A mask of MediaPipe (`MPMask`), by the members that are used here. */
export interface ConfidenceMask {
  readonly width: number;
  readonly height: number;
  getAsFloat32Array(): Float32Array;
}

/** Options of `fromMasks`, which mean what they mean for `scoresTensor`. */
export type MasksOptions = Pick<ScoresOptions, "size" | "temperature">;

/**
 * Options of `refine` for people in photographs, behind MediaPipe's segmenters of selfies. Their masks are smooth, at 256×256
 * pixels, and sure of themselves, so that the CRF should look a few pixels around only. On the 27 photographs of VOC and COCO in which
 * people cover a tenth and more, selfie_multiclass reached a mean IU of people of 0.675; with these options 0.676, better in 18
 * and worse in 9; with the options of CRF-RNN, which are those of a network that was trained with them, 0.671, better in 12
 * and worse in 15, and a band of 5 pixels along the outlines lost 1.6 points of accuracy where these lost 0.1. Outlines
 * in these data sets are drawn coarsely, and the pictures are no selfies: try what suits yours.
 */
export const people = {
  bilateral: { position: 15, color: 5, weight: 2 },
  spatial: { position: 3, weight: 1 },
} as const;

const where = "fromMasks";
const optionNames: Names<MasksOptions> = { size: true, temperature: true };

/**
 * Makes unary logits of the confidence masks of MediaPipe: one for each class, or a single one, which is the probability
 * of the second of two classes. The masks are copied, so that `result.close()` may follow at once.
 * @throws ValueError for what are no masks, ShapeError for masks of several sizes
 * @example const unary = fromMasks(device, selfies.segment(image).confidenceMasks);
 */
export function fromMasks(
  device: Device,
  masks: readonly ConfidenceMask[] | undefined,
  options: MasksOptions = {},
): Tensor {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  const { width, height } = requireMasks(masks);
  const planes = new Float32Array(masks!.length * height * width);
  masks!.forEach((mask, i) => planes.set(mask.getAsFloat32Array(), i * height * width));
  const shape = [masks!.length, height, width];
  return scoresTensor(device, planes, { ...options, shape, layout: "chw", meaning: "probabilities" });
}

/** @throws ValueError, ShapeError */
function requireMasks(masks: unknown): ConfidenceMask {
  const [first] = Array.isArray(masks) ? (masks as readonly ConfidenceMask[]) : [];
  if (typeof first?.getAsFloat32Array !== "function") {
    const remedy = remedyFor(
      masks,
      "make the segmenter with outputConfidenceMasks: true, and pass its confidenceMasks",
    );
    throw new ValueError({ where, expected: "the confidence masks of a result", got: kindOf(masks), remedy });
  }
  const { width, height } = first;
  const other = (masks as readonly ConfidenceMask[]).find((mask) => mask.width !== width || mask.height !== height);
  if (!other) return first;
  const got = `one of ${other.height}×${other.width}`;
  throw new ShapeError({
    where,
    expected: `masks of ${height}×${width} pixels`,
    got,
    remedy: "pass those of one result",
  });
}
