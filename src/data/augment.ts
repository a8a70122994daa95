import { colorMatrix, paintThrough } from "./augmentColor.ts";
import { affineMatrix, warp } from "./augmentGeometry.ts";
import type { Augmentation, LabeledImage } from "./labeledImage.ts";

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
