import { computed } from "@preact/signals";
import { chosen, plane } from "../state.ts";

/** What one vertex of the chosen pixel's simplex is and holds, at every step. */
export interface PlaneCorner {
  readonly remainder: number;
  readonly vertex: number;
  readonly coordinates: readonly number[];
  readonly weight: number;
  /** What it holds after the splat and after the blur along each axis. */
  readonly held: readonly number[];
  /** On each axis, what both vertices beside it held before; undefined where there is none. */
  readonly beside: readonly (readonly (number | undefined)[])[];
}

/** The simplex of the chosen pixel, with all numbers that the tables show. */
export const corners = computed((): readonly PlaneCorner[] => {
  const now = plane.value;
  const { pixel } = chosen.value;
  if (!now || pixel >= now.signal.length) return [];
  const count = now.places.length / 2;
  return [0, 1, 2].map((remainder) => {
    const vertex = now.simplices[3 * pixel + remainder]!;
    const beside = (axis: number): (number | undefined)[] =>
      [0, 1].map((side) => {
        const other = now.neighbors[2 * (axis * count + vertex) + side]!;
        return other < count ? now.held[axis]![other] : undefined;
      });
    return {
      remainder,
      vertex,
      coordinates: Array.from(now.coordinates.subarray(3 * vertex, 3 * vertex + 3)),
      weight: now.weights[3 * pixel + remainder]!,
      held: now.held.map((values) => values[vertex]!),
      beside: [0, 1, 2].map(beside),
    };
  });
});

/** α, which undoes the gain of the blur. */
export const alpha = 1 / (1 + 2 ** -2);

/** What the chosen pixel collects: the sum over its vertices, the result, and the exact one. */
export const collected = computed(() => {
  const now = plane.value;
  const { pixel } = chosen.value;
  if (!now || pixel >= now.signal.length) return undefined;
  const sum = corners.value.reduce((total, { weight, held }) => total + weight * held[3]!, 0);
  return {
    own: now.signal[pixel]!,
    sum,
    plain: now.plain[pixel]!,
    exact: now.exact[pixel]!,
    normalized: now.normalized[pixel]!,
    exactNormalized: now.exactNormalized[pixel]!,
  };
});
