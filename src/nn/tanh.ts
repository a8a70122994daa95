import { tanh as kernel, tanhPullback } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { op } from "../inputs.ts";
import { type Pullback, record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";

/** Returns the hyperbolic tangent, element by element, of any shape. The logistic function of x is (1 + tanh(x/2))/2. */
export function tanh(values: Tensor): Tensor {
  return op("tanh", { values }, () => tangent(values));
}

function tangent(values: Tensor): Tensor {
  const result = emptyLike(values);
  for (const { storages, count } of elementRanges({ values, result })) {
    values.device.run(kernel, { ...storages, count });
  }
  const pullback: Pullback = (gradient) => {
    scaleGradient(result, gradient);
    return [gradient];
  };
  return record(result, [values], [result], pullback, { overwrites: true });
}

/** Turns the gradient of a hyperbolic tangent's `result`, in place, into the gradient of its argument. */
export function scaleGradient(result: Tensor, gradient: Tensor): void {
  for (const { storages, count } of elementRanges({ result, gradient })) {
    result.device.run(tanhPullback, { ...storages, count });
  }
}
