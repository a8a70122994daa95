import { dropout as kernel } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { ValueError } from "../errors.ts";
import { op } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { found } from "../values.ts";

export interface DropoutOptions {
  /** The share of the values that become 0, from 0 on and below 1. The other values are multiplied by 1/(1 − rate). */
  readonly rate: number;
  /** A whole number from 0 to 2⁵³ − 1. The same seed gives the same mask on every device. */
  readonly seed: number;
}

const optionNames: Names<DropoutOptions> = { rate: true, seed: true };

/**
 * Applies inverted dropout to a tensor of any shape. The mask is a function of the seed and of where an element lies,
 * and is computed again for the gradient, so nothing is stored.
 * @throws ValueError for a rate or seed out of its range, DisposedError
 * @example const result = dropout(values, { rate: 0.5, seed: 7 });
 */
export function dropout(values: Tensor, options: DropoutOptions): Tensor {
  requireOptions("dropout", options, optionNames);
  return op("dropout", { values }, () => {
    check(options);
    return record(dropped(values, options), [values], [], (gradient) => [dropped(gradient, options)]);
  });
}

function dropped(values: Tensor, { rate, seed }: DropoutOptions): Tensor {
  const result = emptyLike(values);
  const mask = {
    seedLow: seed >>> 0,
    seedHigh: Math.floor(seed / 2 ** 32),
    threshold: Math.floor(rate * 2 ** 32),
    factor: 1 / (1 - rate),
  };
  for (const { storages, count, first } of elementRanges({ values, result })) {
    values.device.run(kernel, { ...storages, count, first, ...mask });
  }
  return result;
}

function check({ rate, seed }: DropoutOptions = {} as DropoutOptions): void {
  const where = "dropout";
  if (!(rate >= 0 && rate < 1)) {
    throw new ValueError({ where, expected: "a rate from 0 on and below 1", got: found(rate) });
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ValueError({ where, expected: "a whole number, 0 or more, as seed", got: found(seed) });
  }
}
