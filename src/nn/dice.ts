import { dice as kernel, dicePullback, diceShares } from "../../build/kernels.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { ignoreLabel } from "../ignoreLabel.ts";
import { requireHeld, requireInputs, requireOneDevice } from "../inputs.ts";
import { Labels } from "../labels.ts";
import { type Names, requireOptions } from "../options.ts";
import { columnSums } from "../shared/columnSums.ts";
import { padded, quadBytes } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireLabels } from "./requireLabels.ts";

export interface DiceOptions {
  /** Pixels with this label do not count, and their scores get no gradient. Default: 255. */
  readonly ignore?: number;
}

const optionNames: Names<DiceOptions> = { ignore: true };

/**
 * Computes the Dice loss as one value [1] of 0…1: the mean over the classes that occur in the labels of 1 − 2·Σ p·t/(Σ p + Σ t), where p is the
 * probability of the class, softmax(scores), t is 1 where the label is the class and else 0, and sums are over the pixels that count. Small
 * regions weigh as much as large ones. (Milletari, Navab and Ahmadi, "V-Net", 3DV 2016, square the terms of the divisor.)
 * `scores` is [h, w, L] or [n, h, w, L]; several pictures are one region. Where no pixel counts, the loss and its gradients are 0.
 * @throws ShapeError; ValueError for a label that is neither `ignore` nor below L, naming the first such pixel
 * @example
 * const scores = await network(image);
 * const labels = device.labels([h, w], mask);
 * const loss = add(crossEntropy(scores, labels, { reduction: "mean" }), dice(scores, labels));
 */
export function dice(scores: Tensor, labels: Labels, options: DiceOptions = {}): Tensor {
  const where = "dice";
  requireOptions(where, options, optionNames);
  requireInputs(where, { scores });
  requireHeld(where, "labels", labels, Labels, "labels", "make them with device.labels(shape, values)");
  const device = requireOneDevice(where, { scores, labels });
  const { ignore = ignoreLabel } = options;
  requireLabels(where, scores, labels, ignore);
  return device.attempt(() => diceOf(scores, labels, ignore));
}

function diceOf(scores: Tensor, labels: Labels, ignore: number): Tensor {
  const { device, channels, rows } = scores;
  const rowBytes = padded(channels) * 4;
  const pixels = Array.from({ length: channels }, (_, label) => (label === ignore ? 0 : labels.count(label)));
  const occurring = pixels.filter((count) => count > 0).length;

  /** Ranges of rows with the arguments that both kernels over pixels have in common. */
  const ranges = function* () {
    let first = 0;
    for (const range of rowRanges(device, rows, rowBytes)) {
      const params = { rows: range.rows, channels, first, ignore };
      yield { range, args: { scores: range.of(scores.storage, rowBytes), labels: labels.storage, ...params } };
      first += range.rows;
    }
  };

  using counts = device.tensor([channels], pixels);
  using slopes = device.empty([2, channels]);
  const result = device.empty([1]);
  using workspace = new Workspace(device);
  const [sums, rightSums] = [workspace.allocate(rowBytes), workspace.allocate(rowBytes)];
  const losses = workspace.allocate(channels * quadBytes);
  {
    using own = new Workspace(device);
    const [shares, right] = [own.allocate(rows * rowBytes), own.allocate(rows * rowBytes)];
    for (const { range, args } of ranges()) {
      device.run(diceShares, { ...args, shares: range.of(shares, rowBytes), right: range.of(right, rowBytes) });
    }
    columnSums(device, shares, sums, rows, rowBytes / quadBytes);
    columnSums(device, right, rightSums, rows, rowBytes / quadBytes);
  }
  const factor = 1 / Math.max(1, occurring);
  device.run(kernel, {
    sums,
    right: rightSums,
    counts: counts.storage,
    losses,
    slopes: slopes.storage,
    channels,
    factor,
  });
  columnSums(device, losses, result.storage, channels, 1);

  return record(result, [scores], [scores, labels, slopes], (gradient) => {
    const scoreGradient = emptyLike(scores);
    for (const { range, args } of ranges()) {
      const own = range.of(scoreGradient.storage, rowBytes);
      const given = { slopes: slopes.storage, gradient: gradient.storage };
      device.run(dicePullback, { ...args, ...given, scoreGradient: own });
    }
    return [scoreGradient];
  });
}
