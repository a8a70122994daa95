import { requireInputs } from "../inputs.ts";
import { Scope } from "../scope.ts";
import { addUnrecorded } from "../addUnrecorded.ts";
import type { Tensor } from "../tensor.ts";
import { requireGradients } from "./gradients.ts";

/**
 * Adds the gradients of another tape to `total`, for a step over several images that do not fit into memory at once.
 * The tensors of both maps belong to `total` afterwards; those that were summed are disposed of.
 * @example
 * const total = new Map<Tensor, Tensor>();
 * for (const image of images) accumulate(total, await gradientsOf(image));
 * step(total);
 */
export function accumulate(total: Map<Tensor, Tensor>, gradients: ReadonlyMap<Tensor, Tensor>): void {
  requireGradients("accumulate", total);
  requireGradients("accumulate", gradients);
  for (const [parameter, gradient] of gradients) {
    const before = total.get(parameter);
    if (before) requireInputs("accumulate", { total: before, gradient });
    total.set(parameter, before ? Scope.inherit(addUnrecorded(before, gradient), [before, gradient]) : gradient);
    if (!before) continue;
    before.dispose();
    gradient.dispose();
  }
}
