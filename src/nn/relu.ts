import { relu as kernel, reluPullback } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { op } from "../inputs.ts";
import { type Pullback, record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";

/** Returns max(values, 0), element by element, of any shape. conv2d can apply it by itself. */
export function relu(values: Tensor): Tensor {
  return op("relu", { values }, () => rectified(values));
}

function rectified(values: Tensor): Tensor {
  const result = emptyLike(values);
  for (const { storages, count } of elementRanges({ values, result })) {
    values.device.run(kernel, { ...storages, count });
  }
  const pullback: Pullback = (gradient) => {
    maskGradient(result, gradient);
    return [gradient];
  };
  return record(result, [values], [result], pullback, { overwrites: true });
}

/** Turns the gradient of a ReLU's `result`, in place, into the gradient of its argument. */
export function maskGradient(result: Tensor, gradient: Tensor): void {
  for (const { storages, count } of elementRanges({ result, gradient })) {
    result.device.run(reluPullback, { ...storages, count });
  }
}
