import { scale as kernel } from "../../build/kernels.ts";
import { rowWindows } from "../device/windows.ts";
import { op } from "../inputs.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireNumber } from "../values.ts";

/** factor·values, element by element, of any shape. @throws ValueError for a factor that is not finite */
export function scale(values: Tensor, factor: number): Tensor {
  requireNumber("scale", "factor", factor);
  return op("scale", { values }, () =>
    record(scaled(values, factor), [values], [], (gradient) => [scaled(gradient, factor)]),
  );
}

function scaled(values: Tensor, factor: number): Tensor {
  const { device } = values;
  const result = emptyLike(values);
  for (const window of rowWindows(device, values.storage.bytes / 16, 16)) {
    device.run(kernel, {
      values: window.of(values.storage, 16),
      result: window.of(result.storage, 16),
      count: window.rows,
      factor,
    });
  }
  return result;
}
