import { colorMatrix, paintThrough } from "./augmentColor.ts";
import { affineMatrix, warp } from "./augmentGeometry.ts";
import type { Augmentation, LabeledImage } from "./labeledImage.ts";

/**
 * Returns a random variation of an image and its labels. The image is sampled bilinearly and its border is repeated. A
 * label is that of the nearest pixel, or 255 (ignore) outside the image. `random` gives numbers from 0 up to 1; the
 * same numbers give the same variation.
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
