import type { Normalization } from "./parameters.ts";

/** A CRF's options as the library and a `params.json` have them. */
interface LayerOptions {
  readonly iterations: number;
  readonly normalization: Normalization;
  readonly bilateral: { readonly position: number; readonly color: number; readonly weight: number };
  readonly spatial: { readonly position: number; readonly weight: number };
  /** By what scores that are given are divided. Default: 1. */
  readonly temperature?: number;
}

/** The same as the room's values. */
export const valuesOf = ({ iterations, normalization, bilateral, spatial, temperature = 1 }: LayerOptions) => ({
  thetaAlpha: bilateral.position,
  thetaBeta: bilateral.color,
  thetaGamma: spatial.position,
  bilateralWeight: bilateral.weight,
  spatialWeight: spatial.weight,
  iterations,
  temperature,
  normalization,
});

type Numbers = Omit<ReturnType<typeof valuesOf>, "normalization">;

/** The same, each number within what its slider has. */
export function valuesWithin(
  options: LayerOptions,
  ranges: Readonly<Record<keyof Numbers, readonly [least: number, most: number]>>,
): ReturnType<typeof valuesOf> {
  const { normalization, ...numbers } = valuesOf(options);
  const within = Object.entries(numbers).map(([name, value]) => {
    const [least, most] = ranges[name as keyof Numbers];
    return [name, Math.min(most, Math.max(least, value))];
  });
  return { ...(Object.fromEntries(within) as Numbers), normalization };
}
