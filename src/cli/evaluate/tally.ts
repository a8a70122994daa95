import { boundaryBand } from "../../data/boundary.ts";
import { boundaryScores, usualTolerance } from "../../data/boundaryScores.ts";
import { Confusion } from "../../data/confusion.ts";
import type { LabelMap } from "../../data/labels.ts";
import { Reliability } from "../../data/reliability.ts";

/** Half the widths, in pixels, of the bands that a trimap curve is drawn over, as dense CRFs are usually compared. */
export const trimapRadii: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 20];

/** The scores of one picture; null where there is nothing to score. */
export interface PictureScores {
  readonly id: string;
  /** Pixels that count. */
  readonly pixels: number;
  readonly pixelAccuracy: number | null;
  /** Over the classes in this picture's truth. */
  readonly meanIU: number | null;
  readonly bandAccuracy: number | null;
  /** The mean over the classes in this picture's truth that have a boundary. */
  readonly boundaryF: number | null;
  /** The classes in this picture's truth. */
  readonly classes: readonly { readonly label: number; readonly iu: number; readonly boundaryF: number | null }[];
}

/** What was predicted, over whole images and near the boundaries of their truth. */
export class Tally {
  readonly whole: Confusion;
  /** By half the width of the band. */
  readonly bands: ReadonlyMap<number, Confusion>;
  readonly reliability: Reliability;
  readonly pictures: PictureScores[] = [];
  readonly #radius: number;
  readonly #tolerance: number | undefined;

  /**
   * `radius`: half the width of the band beside those of the trimap curve. `tolerance`: how far apart boundaries may lie, in pixels; by
   * default it depends on a picture's size.
   */
  constructor(classes: number, radius: number, tolerance?: number) {
    this.whole = new Confusion(classes);
    const radii = [...new Set([radius, ...trimapRadii])].sort((a, b) => a - b);
    this.bands = new Map(radii.map((each) => [each, new Confusion(classes)]));
    this.reliability = new Reliability(classes);
    this.#radius = radius;
    this.#tolerance = tolerance;
  }

  /** Counts one picture, whose labels were predicted by these scores `[pixels, classes]`. Returns its own scores. */
  add(id: string, truth: LabelMap, predicted: Uint8Array, scores: Float32Array): PictureScores {
    const { classes } = this.whole;
    const own = new Confusion(classes).add(truth.labels, predicted);
    this.whole.merge(own);
    this.reliability.add(truth.labels, scores);
    let band = NaN;
    for (const [radius, confusion] of this.bands) {
      const near = new Confusion(classes).add(truth.labels, predicted, boundaryBand(truth, radius));
      if (radius === this.#radius) band = near.scores().pixelAccuracy;
      confusion.merge(near);
    }
    const boundaries = boundaryScores(truth, predicted, classes, this.#tolerance ?? usualTolerance(truth));
    const picture = scoresOf(id, own, band, boundaries);
    this.pictures.push(picture);
    return picture;
  }
}

function scoresOf(id: string, confusion: Confusion, band: number, boundaries: readonly number[]): PictureScores {
  const { pixels, pixelAccuracy, meanIU, classes } = confusion.scores();
  const occurring = [...classes.entries()].filter(([, { truth }]) => truth > 0);
  return {
    id,
    pixels,
    pixelAccuracy: finite(pixelAccuracy),
    meanIU: finite(meanIU),
    bandAccuracy: finite(band),
    boundaryF: finite(meanOf(boundaries)),
    classes: occurring.map(([label, { iu }]) => ({ label, iu, boundaryF: finite(boundaries[label]!) })),
  };
}

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The mean of the numbers that are none of NaN. */
export function meanOf(values: readonly (number | null)[]): number {
  const numbers = values.filter((value): value is number => value !== null && !Number.isNaN(value));
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** The boundary F-score of each class, the mean over the pictures that have it, and the mean over the classes. NaN where there is none. */
export function boundariesOf({ pictures, whole }: Tally): {
  readonly mean: number;
  readonly classes: readonly number[];
} {
  const classes = Array.from({ length: whole.classes }, (_, label) =>
    meanOf(
      pictures.flatMap((one) => one.classes.filter((each) => each.label === label).map(({ boundaryF }) => boundaryF)),
    ),
  );
  return { mean: meanOf(classes), classes };
}

/** A band's share of pixels that are labeled wrongly, and its mean IU. */
export interface TrimapPoint {
  readonly radius: number;
  readonly pixels: number;
  readonly error: number;
  readonly meanIU: number;
}

/** How accuracy falls towards the boundaries (Krähenbühl and Koltun 2011, Figure 4). */
export const trimapOf = ({ bands }: Tally): TrimapPoint[] =>
  [...bands].map(([radius, band]) => {
    const { pixels, pixelAccuracy, meanIU } = band.scores();
    return { radius, pixels, error: 1 - pixelAccuracy, meanIU };
  });

/** The pictures as a table for spreadsheets, one row each, with the IU and the boundary F-score of each class; what there is not is left empty. */
export function formatPictures(pictures: readonly PictureScores[], names: readonly string[]): string {
  const own = ["id", "pixels", "pixelAccuracy", "meanIU", "bandAccuracy", "boundaryF"] as const;
  const head = [...own, ...names.flatMap((name) => [`IU ${name}`, `boundaryF ${name}`])];
  const rows = pictures.map((picture) => [
    ...own.map((name) => picture[name]),
    ...names.flatMap((_, label) => {
      const found = picture.classes.find((one) => one.label === label);
      return [found?.iu, found?.boundaryF];
    }),
  ]);
  return [head, ...rows].map((row) => `${row.map(cellOf).join(",")}\n`).join("");
}

/** A cell with quotes where it needs them. A leading sign that spreadsheets take for a formula becomes text. */
function cellOf(value: string | number | null | undefined): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
