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
/** A number above 0; one number for each class; or a row of numbers for each class. */
type Written = number | readonly number[] | readonly (readonly number[])[];

const isFinite = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isMatrix = (value: unknown): value is readonly (readonly number[])[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((row) => Array.isArray(row) && row.length === value.length && row.every(isFinite));

const isList = (value: readonly unknown[]): value is readonly number[] => value.every(isFinite);
const diagonal = (values: readonly number[]): number[] =>
  values.flatMap((value, row) => values.map((_, column) => (row === column ? value : 0)));

/** Matrices are rows in the file, or their diagonals, and one list of all numbers, row by row, in a program. */
const weight = valibot.pipe(
  valibot.custom<Written>(
    (value) =>
      (isFinite(value) && value > 0) || (Array.isArray(value) && value.length > 0 && isList(value)) || isMatrix(value),
    "a number above 0, a list of one number for each class, or a list of rows of a matrix",
  ),
  valibot.transform((value): number | readonly number[] => {
    if (typeof value === "number") return value;
    return isList(value) ? diagonal(value) : value.flat();
  }),
);
const matrix = valibot.pipe(
  valibot.custom<readonly (readonly number[])[]>(isMatrix, "a list of rows, as long as there are"),
  valibot.transform((rows): readonly number[] => rows.flat()),
);
const iterations = valibot.custom<number>(
  (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1000,
  "a whole number 1…1000",
);
const score = valibot.nullable(valibot.number());

/** What `params.json` says; `found` is how well these parameters did, for people. */
const schema = valibot.object({
  format: valibot.literal("crf-rnn params 1"),
  bilateral: valibot.object({ position: above0, color: above0, weight }),
  spatial: valibot.object({ position: above0, weight }),
  compatibility: valibot.optional(matrix),
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

/** The contents of a `params.json`; a matrix is one list of numbers, row by row. */
export type Params = valibot.InferOutput<typeof schema>;

/** The file's line about its format, which other JSON does not have. */
const format = "crf-rnn params 1";

/** Writes parameters that were searched for as the text of a `params.json`. */
export const formatParams = (parameters: SearchParameters, found?: Params["found"]): string =>
  formatLayer({ ...layerOptionsOf(parameters), temperature: parameters.temperature, found });

/** Writes a layer's parameters as the text of a `params.json`: a matrix that is one number, or diagonal, in that form. */
export function formatLayer(layer: Omit<Params, "format">): string {
  const { bilateral, spatial, compatibility, temperature, iterations: count, normalization, found } = layer;
  const params = {
    format,
    bilateral: { ...bilateral, weight: written(bilateral.weight) },
    spatial: { ...spatial, weight: written(spatial.weight) },
    compatibility: compatibility && !isPotts(compatibility) ? rowsOf(compatibility) : undefined,
    temperature,
    iterations: count,
    normalization,
    found,
  };
  // A row of numbers is one line, however the rest is laid out.
  const text = JSON.stringify(params, undefined, 2);
  return `${text.replace(/\[[^[\]{}]*\]/g, (list) => list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"))}\n`;
}

function rowsOf(values: readonly number[]): number[][] {
  const classes = Math.sqrt(values.length);
  return Array.from({ length: classes }, (_, row) => values.slice(row * classes, (row + 1) * classes));
}

const isDiagonal = (rows: readonly (readonly number[])[]): boolean =>
  rows.every((row, r) => row.every((value, c) => r === c || value === 0));

const isPotts = (values: readonly number[]): boolean => {
  const rows = rowsOf(values);
  return isDiagonal(rows) && rows.every((row, r) => row[r] === -1);
};

/** A weight in its shortest form. */
function written(weight: number | readonly number[]): Written {
  if (typeof weight === "number") return weight;
  const rows = rowsOf(weight);
  if (!isDiagonal(rows)) return rows;
  const own = rows.map((row, r) => row[r]!);
  return own.every((value) => value === own[0] && value > 0) ? own[0]! : own;
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

/** The same parameters as a search has them. @throws FormatError where weights are no single numbers, or C is not Potts' */
export function parametersOf(
  { bilateral, spatial, compatibility, ...params }: Params,
  file = "params.json",
): SearchParameters {
  const [spatialWeight, bilateralWeight] = [spatial.weight, bilateral.weight];
  if (typeof spatialWeight !== "number" || typeof bilateralWeight !== "number" || compatibility) {
    throw new FormatError({
      file,
      expected: "weights of one number for all classes, and Potts' compatibility",
      got: compatibility ? "a compatibility matrix" : "numbers by class",
      remedy: "a run takes the matrices of another one's checkpoint by --init",
    });
  }
  return {
    thetaAlpha: bilateral.position,
    thetaBeta: bilateral.color,
    thetaGamma: spatial.position,
    spatialWeight,
    bilateralWeight,
    temperature: params.temperature,
    iterations: params.iterations,
    normalization: params.normalization,
  };
}
