/** Directional finite differences of a float64 reference, which every pullback is held against. */
import { check, type Random } from "./suite.ts";

/** Σ a·b in float64. */
export const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

/** The slope of `loss` at `values` along `direction`, by central differences. */
export function slope(
  loss: (values: Float64Array) => number,
  values: ArrayLike<number>,
  direction: ArrayLike<number>,
  step = 1e-6,
): number {
  const at = (h: number): number => loss(Float64Array.from(values, (value, i) => value + h * direction[i]!));
  return (at(step) - at(-step)) / (2 * step);
}

/**
 * Fails unless `gradient` of `values` predicts the slope of `loss` along a random direction, within `tolerance` of the sum
 * of the magnitudes that make it up.
 */
export function checkSlope(
  loss: (values: Float64Array) => number,
  values: ArrayLike<number>,
  gradient: ArrayLike<number>,
  numbers: Random,
  tolerance: number,
  what: string,
): void {
  const direction = Float64Array.from(values, () => (numbers.uniform() < 0.5 ? -1 : 1) * numbers.uniform(0.5, 1));
  const expected = slope(loss, values, direction);
  const actual = inner(gradient, direction);
  const magnitude = inner(Array.from(gradient, Math.abs), Array.from(direction, Math.abs));
  const difference = Math.abs(actual - expected);
  check(magnitude > 0, `${what}: the gradient is zero`);
  check(
    difference <= tolerance * magnitude,
    `${what}: slope ${expected}, predicted ${actual}, off by ${difference / magnitude} of the magnitudes`,
  );
}
