import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** @throws ShapeError unless both tensors have one shape and layout; DisposedError */
export function requireAlike(where: string, a: Tensor, b: Tensor): void {
  for (const tensor of [a, b]) tensor.requireLive();
  if (sameShape(a.shape, b.shape) && a.layout === b.layout) return;
  throw new ShapeError({
    where,
    expected: "two tensors of one shape and layout",
    got: `${formatShape(a.shape)} ${a.layout.name} and ${formatShape(b.shape)} ${b.layout.name}`,
    remedy: "crop or resize one of them",
  });
}

/** @throws ValueError unless `value` is finite and at least `least`. */
export function requireNumber(where: string, name: string, value: number, least = -Infinity): void {
  if (Number.isFinite(value) && value >= least) return;
  const expected = least === -Infinity ? `a finite ${name}` : `a ${name} of ${least} or more`;
  throw new ValueError({ where, expected, got: String(value) });
}
