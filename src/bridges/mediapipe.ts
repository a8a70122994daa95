/**
 * `crf-rnn/mediapipe`: a CRF behind the segmenters of MediaPipe, in browsers. It needs the package
 * `@mediapipe/tasks-vision`, whose masks are passed in.
 *
 * @example
 * import { open, refine } from "crf-rnn";
 * import { fromMasks } from "crf-rnn/mediapipe";
 * const { confidenceMasks } = segmenter.segment(image); // with outputConfidenceMasks: true
 * const { labels } = await refine(device, image, fromMasks(device, confidenceMasks));
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

const where = "fromMasks";
const optionNames: Names<MasksOptions> = { size: true, temperature: true };

/**
 * Makes unary logits of the confidence masks of MediaPipe: one for each class, or a single one, which is the probability
 * of the second of two classes. The masks are copied, so that `result.close()` may follow at once.
 * @throws ValueError for what are no masks, ShapeError for masks of several sizes
 * @example const unary = fromMasks(device, segmenter.segment(image).confidenceMasks);
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
