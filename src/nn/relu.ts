import { relu as kernel, reluPullback } from "../../build/kernels.ts";
import { rowWindows } from "../device/windows.ts";
import { op } from "../inputs.ts";
import { type Pullback, record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";

/** max(values, 0), element by element, of any shape. conv2d has it built in. */
export function relu(values: Tensor): Tensor {
  return op("relu", { values }, () => rectified(values));
}

function rectified(values: Tensor): Tensor {
  const { device } = values;
  const result = emptyLike(values);
  for (const window of rowWindows(device, values.storage.bytes / 16, 16)) {
    device.run(kernel, {
      values: window.of(values.storage, 16),
      result: window.of(result.storage, 16),
      count: window.rows,
    });
  }
  const pullback: Pullback = (gradient) => {
    maskGradient(result, gradient);
    return [gradient];
  };
  return record(result, [values], [result], pullback, { overwrites: true });
}

/** Turns the gradient of `result` into that of what it is the ReLU of. */
export function maskGradient(result: Tensor, gradient: Tensor): void {
  const { device } = result;
  for (const window of rowWindows(device, result.storage.bytes / 16, 16)) {
    device.run(reluPullback, {
      result: window.of(result.storage, 16),
      gradient: window.of(gradient.storage, 16),
      count: window.rows,
    });
  }
}
