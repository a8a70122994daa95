import { multiply as kernel } from "../../build/kernels.ts";
import { rowWindows } from "../device/windows.ts";
import { op } from "../inputs.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireAlike } from "./checks.ts";

/** a·b, element by element: by a fixed mask, say. @throws ShapeError unless both have one shape */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return op("multiply", { a, b }, () => {
    requireAlike("multiply", a, b);
    return record(product(a, b), [a, b], [a, b], (gradient, wanted) => [
      wanted[0] ? product(gradient, b) : undefined,
      wanted[1] ? product(gradient, a) : undefined,
    ]);
  });
}

function product(a: Tensor, b: Tensor): Tensor {
  const { device } = a;
  const result = emptyLike(a);
  for (const window of rowWindows(device, a.storage.bytes / 16, 16)) {
    device.run(kernel, {
      a: window.of(a.storage, 16),
      b: window.of(b.storage, 16),
      result: window.of(result.storage, 16),
      count: window.rows,
    });
  }
  return result;
}
