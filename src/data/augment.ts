import { colorMatrix, paintThrough } from "./augmentColor.ts";
import { affineMatrix, warp } from "./augmentGeometry.ts";
import type { Image } from "./images.ts";

/** How far training images are varied; what is left out is left alone. */
export interface Augmentation {
  /** Mirrored left to right, half of the time. */
  readonly flip?: boolean;
  /** Enlarged or reduced by up to this factor, 1 or more; the size of the image stays. */
  readonly scale?: number;
  /** Turned by up to so many degrees either way. */
  readonly rotation?: number;
  /** Slanted by up to so many degrees either way. */
  readonly shear?: number;
  /** Moved by up to this share of width and height. */
  readonly shift?: number;
  /** Brightness, contrast and saturation changed by up to this share, 0…1. */
  readonly color?: number;
}

/** A photograph and its ground truth, of one size. */
export interface LabeledImage {
  readonly image: Image;
  /** `[height, width]`; 255 = ignore. */
  readonly labels: Uint8Array<ArrayBuffer>;
}

/**
 * A variation of an image, its labels moved along: the image is sampled bilinearly, its border repeated; labels take the
 * nearest pixel's, and 255 (ignore) where there is none. `random` gives numbers from 0 up to 1: the same numbers, the same
 * variation.
 */
export function augment(
  { image, labels }: LabeledImage,
  augmentation: Augmentation,
  random: () => number,
): LabeledImage {
  const within = (least: number, most: number): number => least + (most - least) * random();
  const toSource = affineMatrix(image, augmentation, within);
  const colors = colorMatrix(augmentation.color ?? 0, within);
  const moved = toSource ? warp({ image, labels }, toSource) : { image, labels };
  return colors ? { ...moved, image: paintThrough(moved.image, colors) } : moved;
}
