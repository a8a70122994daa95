import { adam as kernel } from "../../build/kernels.ts";
import { ValueError } from "../errors.ts";
import { found, kindOf, requireNumber } from "../values.ts";
import type { Tensor } from "../tensor.ts";
import { type Names, requireOptions } from "../options.ts";
import { type Optimizer, optimizer, optimizerNames, type OptimizerOptions } from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  /**
   * β₁ and β₂, by default 0.9 and 0.999: how much of the running mean of the gradients, and of their squares, remains
   * after each step.
   */
  readonly betas?: readonly [number, number];
  /** Default: 1e-8. */
  readonly epsilon?: number;
  /**
   * Whether the decay acts beside the gradient (AdamW; Loshchilov and Hutter, ICLR 2019): w ← w − rate·decay·w in each step, whatever
   * the gradients were. Default: false, the decay is part of the gradient and is divided by its size with it.
   */
  readonly decoupled?: boolean;
}

const optionNames: Names<AdamOptions> = { ...optimizerNames, betas: true, epsilon: true, decoupled: true };

/**
 * Makes an optimizer for Adam (Kingma and Ba, ICLR 2015), with the decay as part of the gradient, or beside it (AdamW).
 * @throws ValueError for a rate, decay or epsilon below 0 or not finite, and for betas not from 0 on and below 1
 * @example const step = adam(crf.parameters, { rate: 1e-3 });
 */
export function adam(parameters: Readonly<Record<string, Tensor>>, options: AdamOptions): Optimizer {
  requireOptions("adam", options, optionNames);
  const { betas = [0.9, 0.999], epsilon = 1e-8, decoupled = false } = options ?? {};
  if (typeof decoupled !== "boolean") {
    throw new ValueError({ where: "adam", expected: "decoupled: true or false", got: kindOf(decoupled) });
  }
  requireNumber("adam", "epsilon", epsilon, 0);
  if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
    const got = Array.isArray(betas) ? betas.map(found).join(" and ") : kindOf(betas);
    throw new ValueError({ where: "adam", expected: "two betas from 0 on and below 1", got });
  }
  const [meanDecay, squareDecay] = betas;
  return optimizer("adam", parameters, options ?? {}, ["mean", "square"], (device, work) => {
    const { count, storages, rate, decay, step } = work;
    device.run(kernel, {
      ...storages,
      count,
      rate,
      meanDecay,
      squareDecay,
      meanShare: 1 - meanDecay,
      squareShare: 1 - squareDecay,
      meanCorrection: 1 / (1 - meanDecay ** step),
      squareCorrection: 1 / (1 - squareDecay ** step),
      epsilon,
      decay: decoupled ? 0 : decay,
      shrink: decoupled ? rate * decay : 0,
    });
  });
}
