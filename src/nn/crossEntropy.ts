import { crossEntropy as kernel, crossEntropyPullback } from "../../build/kernels.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { ignoreLabel } from "../ignoreLabel.ts";
import { requireHeld, requireInputs, requireOneDevice } from "../inputs.ts";
import { Labels } from "../labels.ts";
import { type Names, requireOptions } from "../options.ts";
import { padded, quadBytes } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { kindOf, requireChoice } from "../values.ts";
import { columnSums } from "../shared/columnSums.ts";
import { requireLabels } from "./requireLabels.ts";

export interface LossOptions {
  /** Pixels with this label do not count, and their scores get no gradient. Default: 255. */
  readonly ignore?: number;
  /** Whether the losses of the pixels that count are summed (the default, as in the papers) or averaged. */
  readonly reduction?: "sum" | "mean";
  /**
   * How much the pixels of each class count, a number of 0 or more a class, for classes that are rare. An average is divided by the
   * sum of the weights of the pixels that count, as in PyTorch. Default: 1 for all.
   */
  readonly weights?: ArrayLike<number>;
}

const optionNames: Names<LossOptions> = { ignore: true, reduction: true, weights: true };

/**
 * Computes the softmax cross-entropy −Σ log softmax(scores)[label] as one value [1]. `scores` is [h, w, L] or [n, h, w,
 * L], and `labels` has the same pixels. Where no pixel counts (`labels.counted(ignore)` is 0), the loss and its
 * gradients are 0.
 * @throws ShapeError; ValueError for a label that is neither `ignore` nor below L, naming the first such pixel
 * @example const loss = crossEntropy(await network(image), device.labels([h, w], mask));
 */
export function crossEntropy(scores: Tensor, labels: Labels, options: LossOptions = {}): Tensor {
  requireOptions("crossEntropy", options, optionNames);
  return loss("crossEntropy", scores, labels, 0, options);
}

/**
 * Computes the robust log-likelihood of Krähenbühl and Koltun ("Parameter Learning and Convergent Inference for Dense
 * Random Fields", ICML 2013), negated so that it is minimized: −Σ log(softmax(scores)[label] + epsilon). A few wrong
 * labels cannot dominate it, because the gradient of a pixel whose label has probability p is p/(p + epsilon) of
 * cross-entropy's. `epsilon` is above 0; its default is 0.01, as in the authors' learning program. Shapes, options and
 * errors are those of `crossEntropy`.
 */
export function robustLogLikelihood(
  scores: Tensor,
  labels: Labels,
  options: LossOptions & { readonly epsilon?: number } = {},
): Tensor {
  const where = "robustLogLikelihood";
  requireOptions(where, options, { ...optionNames, epsilon: true });
  const { epsilon = 0.01 } = options;
  if (!(epsilon > 0 && Number.isFinite(epsilon))) {
    throw new ValueError({ where, expected: "an epsilon above 0", got: String(epsilon) });
  }
  return loss(where, scores, labels, epsilon, options);
}

function loss(where: string, scores: Tensor, labels: Labels, epsilon: number, options: LossOptions): Tensor {
  requireInputs(where, { scores });
  requireHeld(where, "labels", labels, Labels, "labels", "make them with device.labels(shape, values)");
  const device = requireOneDevice(where, { scores, labels });
  return device.attempt(() => lossOf(where, scores, labels, epsilon, options));
}

function lossOf(where: string, scores: Tensor, labels: Labels, epsilon: number, options: LossOptions): Tensor {
  const { ignore = ignoreLabel, reduction = "sum" } = options;
  const { device, channels, rows } = scores;
  requireLabels(where, scores, labels, ignore);
  requireChoice(where, "reduction", reduction, ["sum", "mean"]);
  const ofClasses = classWeights(where, options.weights, channels);
  const factor = reduction === "mean" ? 1 / (labels.weighed(ofClasses, ignore) || 1) : 1;
  using weights = device.tensor([channels], ofClasses);
  const rowBytes = padded(channels) * 4;

  /**
   * Ranges of the scores' rows with the arguments that both kernels have in common. Labels have one byte each and are
   * always bound whole.
   */
  const ranges = function* () {
    let first = 0;
    for (const range of rowRanges(device, rows, rowBytes)) {
      const params = { rows: range.rows, channels, first, ignore, epsilon, factor };
      yield {
        range,
        args: {
          scores: range.of(scores.storage, rowBytes),
          labels: labels.storage,
          weights: weights.storage,
          ...params,
        },
      };
      first += range.rows;
    }
  };

  const result = device.empty([1]);
  using workspace = new Workspace(device);
  const losses = workspace.allocate(rows * quadBytes);
  for (const { range, args } of ranges()) {
    device.run(kernel, { ...args, losses: range.of(losses, quadBytes) });
  }
  columnSums(device, losses, result.storage, rows, 1);

  return record(result, [scores], [scores, labels, weights], (gradient) => {
    const scoreGradient = emptyLike(scores);
    for (const { range, args } of ranges()) {
      const own = range.of(scoreGradient.storage, rowBytes);
      device.run(crossEntropyPullback, { ...args, gradient: gradient.storage, scoreGradient: own });
    }
    return [scoreGradient];
  });
}

/** The weight of each class; 1 where none are given. @throws ShapeError, ValueError */
function classWeights(where: string, weights: ArrayLike<number> | undefined, classes: number): Float32Array {
  if (weights === undefined) return new Float32Array(classes).fill(1);
  if (weights?.length !== classes) {
    const got = typeof weights?.length === "number" ? `${weights.length}` : kindOf(weights);
    throw new ShapeError({ where, expected: `weights: ${classes} numbers, one a class`, got });
  }
  const values = Float32Array.from(weights);
  const stray = values.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (stray < 0) return values;
  const got = `${weights[stray]} for class ${stray}`;
  throw new ValueError({ where, expected: "weights: finite numbers of 0 or more", got });
}
