import { boundaryBand } from "../../data/boundary.ts";
import { Confusion } from "../../data/confusion.ts";
import type { LabelMap } from "../../data/labels.ts";

/** Half the widths, in pixels, of the bands that a trimap curve is drawn over, as dense CRFs are usually compared. */
export const trimapRadii: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 20];

/** What was predicted, over whole images and near the boundaries of their truth. */
export class Tally {
  readonly whole: Confusion;
  /** By half the width of the band. */
  readonly bands: ReadonlyMap<number, Confusion>;

  /** `radius`: half the width of the band beside those of the trimap curve. */
  constructor(classes: number, radius: number) {
    this.whole = new Confusion(classes);
    const radii = [...new Set([radius, ...trimapRadii])].sort((a, b) => a - b);
    this.bands = new Map(radii.map((each) => [each, new Confusion(classes)]));
  }

  add(truth: LabelMap, predicted: Uint8Array): void {
    this.whole.add(truth.labels, predicted);
    for (const [radius, band] of this.bands) band.add(truth.labels, predicted, boundaryBand(truth, radius));
  }
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
