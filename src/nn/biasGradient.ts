import { quadsOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { columnSums } from "../shared/columnSums.ts";

/** Computes the gradient of a bias [channels] that was added to every pixel from the gradient of the map. */
export function biasGradient(gradient: Tensor): Tensor {
  const result = gradient.device.empty([gradient.channels]);
  columnSums(gradient.device, gradient.storage, result.storage, gradient.rows, quadsOf(gradient.channels));
  return result;
}
