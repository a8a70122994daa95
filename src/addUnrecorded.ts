import { add } from "../build/kernels.ts";
import { elementRanges } from "./elementwise.ts";
import { emptyLike, type Tensor } from "./tensor.ts";

/** Adds two tensors of one shape and layout without recording the op. The tape sums gradients with it. */
export function addUnrecorded(a: Tensor, b: Tensor): Tensor {
  const result = emptyLike(a);
  for (const { storages, count } of elementRanges({ a, b, result })) a.device.run(add, { ...storages, count });
  return result;
}
