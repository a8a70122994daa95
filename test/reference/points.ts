import type { Random } from "../suite.ts";
import { embedPoint } from "./lattice.ts";

/**
 * `count` rows of features in which float32 and float64 agree about the simplex: no barycentric weight is nearer to zero
 * than `margin`, far above a float32 rounding of values of this size.
 */
export function clearPoints(
  random: Random,
  count: number,
  dimensions: number,
  spread = 2,
  margin = 1e-3,
): Float32Array {
  const result = new Float32Array(count * dimensions);
  for (let point = 0; point < count;) {
    const row = random.array(dimensions, -spread, spread);
    if (Math.min(...embedPoint(row).weights) < margin) continue;
    result.set(row, point++ * dimensions);
  }
  return result;
}
