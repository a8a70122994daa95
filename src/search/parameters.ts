import type { CrfOptions } from "../crf/crfRnn.ts";
import { normalizations } from "../lattice/filter.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { ValueError } from "../errors.ts";
import { found, requireChoice } from "../values.ts";

/** What a search looks for: a CRF's parameters and the temperature of the logits below it. */
export interface SearchParameters {
  /** θα, in pixels. */
  readonly thetaAlpha: number;
  /** θβ, in color levels. */
  readonly thetaBeta: number;
  /** θγ, in pixels. */
  readonly thetaGamma: number;
  /** The diagonal of W_s. */
  readonly spatialWeight: number;
  /** The diagonal of W_b. */
  readonly bilateralWeight: number;
  /** By what the logits are divided before the CRF gets them. */
  readonly temperature: number;
  /** Mean-field iterations, T. */
  readonly iterations: number;
  readonly normalization: Normalization;
}

/** Those that are positive numbers, over whose logarithms gradients lead. */
export const continuousNames = [
  "thetaAlpha",
  "thetaBeta",
  "thetaGamma",
  "spatialWeight",
  "bilateralWeight",
  "temperature",
] as const;

export type Continuous = (typeof continuousNames)[number];

/** All of them, in the order in which they are written. */
export const parameterNames = [...continuousNames, "iterations", "normalization"] as const;

/** The layer that they describe, for `crfRnn`, `refine` and `meanField`. The temperature is the caller's to divide by. */
export const layerOptionsOf = (parameters: SearchParameters) =>
  ({
    iterations: parameters.iterations,
    normalization: parameters.normalization,
    bilateral: {
      position: parameters.thetaAlpha,
      color: parameters.thetaBeta,
      weight: parameters.bilateralWeight,
    },
    spatial: { position: parameters.thetaGamma, weight: parameters.spatialWeight },
  }) satisfies Omit<CrfOptions, "classes">;

/** A text that equal parameters share, and only these. */
export const keyOf = (parameters: SearchParameters): string => parameterNames.map((name) => parameters[name]).join(" ");

/** Rounds to four digits: a parameter that nobody can tell from another should be the same, and be read easily. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

/** `θα 80, θβ 4, …` */
export const describeParameters = (parameters: SearchParameters): string => {
  const { thetaAlpha, thetaBeta, thetaGamma, spatialWeight, bilateralWeight, temperature } = parameters;
  return (
    `θα ${thetaAlpha}, θβ ${thetaBeta}, θγ ${thetaGamma}, weights ${spatialWeight} (spatial) and ${bilateralWeight} (bilateral), ` +
    `temperature ${temperature}, T = ${parameters.iterations}, normalization ${parameters.normalization}`
  );
};

/** @throws ValueError for a value that the parameter of this name cannot have */
export function requireParameter(where: string, name: keyof SearchParameters, value: unknown): void {
  if (name === "normalization") return requireChoice(where, name, value, normalizations);
  const least = name === "iterations" ? 1 : Number.MIN_VALUE;
  const sound = typeof value === "number" && Number.isFinite(value) && value >= least;
  if (sound && (name !== "iterations" || Number.isInteger(value))) return;
  const expected = name === "iterations" ? "a whole number of 1 or more" : "a number above 0";
  throw new ValueError({ where, expected: `${name}: ${expected}`, got: found(value) });
}
