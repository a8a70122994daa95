import * as valibot from "valibot";
import { FormatError } from "../errors.ts";
import { parseJson } from "../data/json.ts";
import { normalizations } from "../lattice/filter.ts";
import { quote } from "../quote.ts";
import { layerOptionsOf, type SearchParameters } from "./parameters.ts";
import { metrics } from "./tally.ts";

const above0 = valibot.custom<number>(
  (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
  "a number above 0",
);
const iterations = valibot.custom<number>(
  (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000,
  "a whole number 1…1000",
);
const score = valibot.nullable(valibot.number());

/** What `params.json` says; `found` is how well these parameters did, for people. */
const schema = valibot.object({
  format: valibot.literal("crf-rnn params 1"),
  bilateral: valibot.object({ position: above0, color: above0, weight: above0 }),
  spatial: valibot.object({ position: above0, weight: above0 }),
  temperature: above0,
  iterations,
  normalization: valibot.picklist(normalizations),
  found: valibot.optional(
    valibot.object({
      metric: valibot.picklist(metrics),
      pictures: valibot.number(),
      folds: valibot.number(),
      network: score,
      score,
      gain: score,
      interval: valibot.tuple([score, score]),
      helps: valibot.boolean(),
    }),
  ),
});

/** The contents of a `params.json`. */
export type Params = valibot.InferOutput<typeof schema>;

/** The file's line about its format, which other JSON does not have. */
const format = "crf-rnn params 1";

/** Writes parameters as the text of a `params.json`. */
export function formatParams(parameters: SearchParameters, found?: Params["found"]): string {
  const { iterations: count, normalization, bilateral, spatial } = layerOptionsOf(parameters);
  const { temperature } = parameters;
  const params = { format, bilateral, spatial, temperature, iterations: count, normalization, found } satisfies Params;
  return `${JSON.stringify(params, undefined, 2)}\n`;
}

/**
 * Reads the text of a `params.json`. What it returns has the names of `crfRnn` and `refine`; the temperature is an option of scores.
 * @throws FormatError that names the file, the value and its byte
 * @example
 * const { temperature, found, format, ...options } = parseParams(text);
 * const crf = crfRnn(device, { classes: 21, ...options }); // over logits that were divided by the temperature
 */
export function parseParams(text: string, file = "params.json"): Params {
  const bytes = new TextEncoder().encode(text);
  // Whatever else is wrong with it, a file of another kind is that first.
  const { value } = parseJson(bytes, file, valibot.object({ format: valibot.optional(valibot.unknown()) }));
  if (value.format === format) return parseJson(bytes, file, schema).value;
  const got = value.format === undefined ? "other JSON" : `the format ${quote(String(value.format))}`;
  throw new FormatError({ file, expected: `parameters of ${format}`, got, remedy: "write them by crf-rnn search" });
}

/** The same parameters as a search has them. */
export const parametersOf = (params: Params): SearchParameters => ({
  thetaAlpha: params.bilateral.position,
  thetaBeta: params.bilateral.color,
  thetaGamma: params.spatial.position,
  spatialWeight: params.spatial.weight,
  bilateralWeight: params.bilateral.weight,
  temperature: params.temperature,
  iterations: params.iterations,
  normalization: params.normalization,
});
