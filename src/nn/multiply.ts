import { multiply as kernel } from "../../build/kernels.ts";
import { elementRanges } from "../elementwise.ts";
import { op } from "../inputs.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { requireAlike } from "../shared/alike.ts";

/**
 * Returns a·b, element by element; b may be a fixed mask, for example.
 * @throws ShapeError unless both have one shape
 */
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
  const result = emptyLike(a);
  for (const { storages, count } of elementRanges({ a, b, result })) a.device.run(kernel, { ...storages, count });
  return result;
}
