import { scale as kernel } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { op } from "../inputs.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireNumber } from "../values.ts";

/** Returns factor·values, element by element, of any shape. @throws ValueError for a factor that is not finite */
export function scale(values: Tensor, factor: number): Tensor {
  requireNumber("scale", "factor", factor);
  return op("scale", { values }, () =>
    record(scaled(values, factor), [values], [], (gradient) => [scaled(gradient, factor)]),
  );
}

function scaled(values: Tensor, factor: number): Tensor {
  const result = emptyLike(values);
  for (const { storages, count } of elementRanges({ values, result })) {
    values.device.run(kernel, { ...storages, count, factor });
  }
  return result;
}
