import { presets } from "../crf/presets.ts";
import { ValueError } from "../errors.ts";
import { requireOptions } from "../options.ts";
import { kindOf } from "../values.ts";
import {
  type Continuous,
  continuousNames,
  parameterNames,
  requireParameter,
  rounded,
  type SearchParameters,
} from "./parameters.ts";

/** Where a parameter is looked for: between two numbers, evenly in its logarithm, or among some values. */
export type Domain<Value> =
  | { readonly low: number; readonly high: number }
  | { readonly values: readonly [Value, ...Value[]] };

/** Where all parameters are looked for. */
export type Space = { readonly [Name in keyof SearchParameters]: Domain<SearchParameters[Name]> };

/** Where some parameters are looked for: `[low, high]`, or the value that one has. */
export type GivenSpace = {
  readonly [Name in Continuous]?: number | readonly [low: number, high: number];
} & {
  readonly iterations?: number | readonly number[];
  readonly normalization?: SearchParameters["normalization"] | readonly SearchParameters["normalization"][];
};

/**
 * The space for pictures whose longer sides are typically `side` pixels, where nothing else is said. Positions are shares of that side,
 * since published bandwidths were found on pictures of one size; colors, weights and temperatures reach from far below to far above
 * all published ones.
 */
const usualSpace = (side: number): Space => ({
  thetaAlpha: { low: rounded(0.02 * side), high: rounded(0.5 * side) },
  thetaBeta: { low: 1.5, high: 40 },
  thetaGamma: { low: 0.7, high: 7 },
  spatialWeight: { low: 0.3, high: 15 },
  bilateralWeight: { low: 0.3, high: 15 },
  temperature: { low: 0.4, high: 2.5 },
  iterations: { values: [5, 10] },
  normalization: { values: ["after", "symmetric"] },
});

/** @throws ValueError for what is no domain of a parameter, and for names that none has */
export function spaceOf(where: string, side: number, given: GivenSpace = {}): Space {
  requireOptions(where, given, Object.fromEntries(parameterNames.map((name) => [name, true])));
  const usual = usualSpace(Math.max(side, 10));
  const own = Object.entries(given).flatMap(([name, domain]) =>
    domain === undefined ? [] : [[name, domainOf(where, name as keyof SearchParameters, domain)] as const],
  );
  return { ...usual, ...Object.fromEntries(own) };
}

function domainOf(where: string, name: keyof SearchParameters, given: unknown): Domain<never> {
  const values: unknown[] = Array.isArray(given) ? given : [given];
  for (const value of values) requireParameter(where, name, value);
  const [low, high] = values as [never, never];
  if (!(continuousNames as readonly string[]).includes(name)) {
    if (values.length > 0) return { values: values as [never, ...never[]] };
    throw new ValueError({ where, expected: `${name}: one value or more`, got: "none" });
  }
  if (values.length === 1) return { values: [low] };
  if (values.length === 2 && low < high) return { low, high };
  const got = Array.isArray(given) ? `[${given.map(String).join(", ")}]` : kindOf(given);
  throw new ValueError({ where, expected: `${name}: a number, or two of which the second is larger`, got });
}

/** Whether a parameter may have several values. */
export const isOpen = (domain: Domain<unknown>): boolean => !("values" in domain) || domain.values.length > 1;

/** The parameters at a point of the unit cube, whose axes are the parameters in their order. */
export function parametersAt(space: Space, point: readonly number[]): SearchParameters {
  const entries = parameterNames.map((name, axis): [string, unknown] => {
    const domain: Domain<unknown> = space[name];
    const share = point[axis]!;
    if (!("values" in domain)) {
      const { low, high } = domain;
      return [name, rounded(low * (high / low) ** share)];
    }
    return [name, domain.values[Math.min(domain.values.length - 1, Math.floor(share * domain.values.length))]];
  });
  return Object.fromEntries(entries) as unknown as SearchParameters;
}

/** A value within its domain, the nearest one where it is a number that lies outside. */
export function within(space: Space, parameters: SearchParameters): SearchParameters {
  const entries = parameterNames.map((name): [string, unknown] => {
    const domain: Domain<unknown> = space[name];
    const value = parameters[name];
    if (!("values" in domain)) return [name, Math.min(domain.high, Math.max(domain.low, value as number))];
    return [name, domain.values.includes(value) ? value : domain.values[0]];
  });
  return Object.fromEntries(entries) as unknown as SearchParameters;
}

/** The published parameters, with positions of the same share of the longer side, as far as the space allows. */
export function publishedIn(space: Space, side: number): SearchParameters[] {
  const share = side / 500; // PASCAL VOC's longer side, on which both were found
  return Object.values(presets).map(({ bilateral, spatial, iterations, normalization }) =>
    within(space, {
      thetaAlpha: rounded(bilateral.position * share),
      thetaBeta: bilateral.color,
      thetaGamma: rounded(Math.max(1, spatial.position * share)),
      spatialWeight: spatial.weight,
      bilateralWeight: bilateral.weight,
      temperature: 1,
      iterations,
      normalization,
    }),
  );
}
