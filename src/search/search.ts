/**
 * `crf-rnn/search`: the parameters of a CRF, found on pictures with labels by cross-validation: what `crf-rnn search` does, in a program.
 *
 * @module
 */
export type { Gain } from "./bootstrap.ts";
export type { SearchParameters } from "./parameters.ts";
export { type Params, parseParams } from "./params.ts";
export type { SearchRecord, SlopeRecord, TrialRecord } from "./records.ts";
export type { Fold, Found } from "./searching.ts";
export type { GivenSpace } from "./space.ts";
export type { SearchMetric, Tally } from "./tally.ts";
export { type Tuned, tuneCrf, type TuneOptions } from "./tuneCrf.ts";
