import { presets } from "crf-rnn";
import { roomParameters } from "../../shell/address.ts";
import { valuesOf } from "./layerOptions.ts";

export const views = ["photograph", "drawing", "result", "confidence", "difference"] as const;
export type View = (typeof views)[number];

export const normalizations = ["none", "before", "after", "symmetric"] as const;
export type Normalization = (typeof normalizations)[number];

/** What the CRF does: the part of the parameters that makes another result. */
export interface CrfValues {
  readonly thetaAlpha: number;
  readonly thetaBeta: number;
  readonly thetaGamma: number;
  readonly bilateralWeight: number;
  readonly spatialWeight: number;
  readonly iterations: number;
  readonly normalization: Normalization;
  /** By what scores that were given are divided; what is drawn has its confidence. */
  readonly temperature: number;
  /** The compatibility matrix, row by row; empty for Potts, its negative identity. */
  readonly compatibility: readonly number[];
  /** The probability that a drawn pixel is right. */
  readonly confidence: number;
}

/** Found on the pictures that come along: scribbles are few and sure, where a network's scores are many and less so. */
const forScribbles: CrfValues = {
  thetaAlpha: 60,
  thetaBeta: 10,
  thetaGamma: 3,
  bilateralWeight: 10,
  spatialWeight: 3,
  iterations: 5,
  normalization: "after",
  temperature: 1,
  compatibility: [],
  confidence: 0.9,
};

/** Sets of values to begin from. */
export const beginnings: readonly { readonly label: string; readonly values: Partial<CrfValues> }[] = [
  { label: "For scribbles", values: forScribbles },
  { label: "CRF-RNN, 2015", values: valuesOf(presets.crfAsRnn) },
  { label: "DeepLab v2", values: valuesOf(presets.deeplab) },
];

/** What the reset buttons go back to. */
export const usual = forScribbles;

/** The ranges of the sliders, which are those of the address, too. */
export const ranges = {
  thetaAlpha: [1, 400],
  thetaBeta: [1, 100],
  thetaGamma: [0.5, 40],
  bilateralWeight: [0, 40],
  spatialWeight: [0, 40],
  iterations: [1, 20],
  temperature: [0.1, 10],
  compatibility: [-10, 10],
  confidence: [0.51, 0.99],
  size: [64, 1600],
  wipe: [0, 100],
} as const;

const defaults = {
  ...forScribbles,
  /** A picture that comes along, or `own`. */
  picture: "fruit",
  /** The names of the classes, with commas between them; empty for those of the picture. */
  classes: "",
  view: "result" as View,
  /** Where the wipe stands, in percent; 0 where there is none. */
  wipe: 0,
  /** The longest side that is computed with, in pixels. */
  size: 500,
  /** Whether the drawing lies over the result. */
  strokes: true,
};

export type Parameters = typeof defaults;

export const parameters = roomParameters<typeof defaults>("refine", defaults, {
  ...ranges,
  normalization: normalizations,
  view: views,
});

export const set = (changed: Partial<Parameters>): void => {
  parameters.value = { ...parameters.peek(), ...changed };
};
