import { op } from "../inputs.ts";
import { addUnrecorded } from "../addUnrecorded.ts";
import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { requireAlike } from "../shared/alike.ts";

/** Returns a + b, element by element. @throws ShapeError unless both have one shape */
export function add(a: Tensor, b: Tensor): Tensor {
  return op("add", { a, b }, () => {
    requireAlike("add", a, b);
    return record(addUnrecorded(a, b), [a, b], [], (gradient) => [gradient, gradient]);
  });
}
