import { ShapeError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** @throws ShapeError unless both tensors have one shape and layout */
export function requireAlike(where: string, a: Tensor, b: Tensor): void {
  if (sameShape(a.shape, b.shape) && a.layout === b.layout) return;
  throw new ShapeError({
    where,
    expected: "two tensors of one shape and layout",
    got: `${formatShape(a.shape)} ${a.layout.name} and ${formatShape(b.shape)} ${b.layout.name}`,
    remedy: "crop or resize one of them",
  });
}
