import { add } from "../build/kernels.ts";
import { rowWindows } from "./device/windows.ts";
import { emptyLike, type Tensor } from "./tensor.ts";

/** a + b, of one shape and layout, unrecorded: what the tape sums gradients with. */
export function sum(a: Tensor, b: Tensor): Tensor {
  const result = emptyLike(a);
  const { device } = a;
  for (const window of rowWindows(device, result.storage.bytes / 16, 16)) {
    device.run(add, {
      a: window.of(a.storage, 16),
      b: window.of(b.storage, 16),
      result: window.of(result.storage, 16),
      count: window.rows,
    });
  }
  return result;
}
