import { sgd as kernel } from "../../build/kernels.ts";
import { requireNumber } from "../values.ts";
import type { Tensor } from "../tensor.ts";
import { type Names, requireOptions } from "../options.ts";
import { type Optimizer, optimizer, optimizerNames, type OptimizerOptions } from "./optimizer.ts";

export interface SgdOptions extends OptimizerOptions {
  /** The momentum μ. Default: 0. */
  readonly momentum?: number;
}

const optionNames: Names<SgdOptions> = { ...optimizerNames, momentum: true };

/**
 * Makes an optimizer for stochastic gradient descent in Caffe's form: v ← μ·v + rate·(g + decay·w); w ← w − v. Rate and
 * decay of each parameter are multiplied by its multipliers.
 * @throws ValueError for a rate, momentum or decay below 0 or not finite
 * @example
 * const step = sgd(network.parameters, { rate: 1e-10, momentum: 0.99, decay: 5e-4, multipliers: fcnMultipliers });
 * step(await tape.gradients(loss));
 */
export function sgd(parameters: Readonly<Record<string, Tensor>>, options: SgdOptions): Optimizer {
  requireOptions("sgd", options, optionNames);
  const { momentum = 0 } = options ?? {};
  requireNumber("sgd", "momentum", momentum, 0);
  return optimizer("sgd", parameters, options ?? {}, ["velocity"], (device, { count, storages, rate, decay }) => {
    device.run(kernel, { ...storages, count, rate, momentum, decay });
  });
}
