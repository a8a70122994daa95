import { logits as kernel, logitsPullback } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";

/**
 * Probabilities below this count as this much, so that a class that a network rules out can still be won over by its
 * neighbors; PyDenseCRF's `unary_from_softmax` has the same limit.
 */
export const leastProbability = 1e-5;

/**
 * Makes logits of probabilities [..., L]: factor·log(max(p, 1e-5)). One channel holds the probability of the second of two
 * classes, and becomes two. NaN, and numbers below 0 by more than rounding, become NaN.
 */
export function logitsOf(probabilities: Tensor, factor: number): Tensor {
  const { device, shape, channels } = probabilities;
  const stacked = channels === 1 ? 1 : 0;
  const params = { channels, stacked, least: leastProbability, factor };
  // One channel and two take a quad each.
  const result = device.empty(stacked ? [...shape.slice(0, -1), 2] : shape);
  for (const { storages, count, first } of elementRanges({ values: probabilities, result })) {
    device.run(kernel, { ...storages, count, first, ...params });
  }
  return record(result, [probabilities], [probabilities], (gradient) => {
    const valueGradient = emptyLike(probabilities);
    for (const { storages, count, first } of elementRanges({ values: probabilities, gradient, valueGradient })) {
      device.run(logitsPullback, { ...storages, count, first, ...params });
    }
    return [valueGradient];
  });
}
