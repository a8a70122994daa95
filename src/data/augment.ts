import { colorMatrix, paintThrough } from "./augmentColor.ts";
import { affineMatrix, warp } from "./augmentGeometry.ts";
import type { Augmentation, LabeledImage } from "./labeledImage.ts";
import { ignoreLabel } from "./labels.ts";

/**
 * Returns a random variation of an image and its labels. The image is sampled bilinearly and its border is repeated. A
 * label is that of the nearest pixel, or 255 (ignore) outside the image. What is moved and turned is cut out afterwards. `random` gives numbers from 0 up to 1; the
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
  const cut = augmentation.crop === undefined ? moved : cutOut(moved, augmentation.crop, random);
  return colors ? { ...cut, image: paintThrough(cut.image, colors) } : cut;
}

/**
 * A window of an image, at any place with the same probability. Where nothing in it counts, a window about a random pixel that does, as far
 * from the border as the image allows.
 */
function cutOut({ image, labels }: LabeledImage, side: number, random: () => number): LabeledImage {
  const [height, width] = [Math.min(image.height, side), Math.min(image.width, side)];
  const [rows, columns] = [image.height - height, image.width - width];
  const window = windowAt(
    { image, labels },
    Math.floor(random() * (rows + 1)),
    Math.floor(random() * (columns + 1)),
    height,
    width,
  );
  if (window.labels.some((label) => label !== ignoreLabel)) return window;
  const counted = [...labels.keys()].filter((pixel) => labels[pixel] !== ignoreLabel);
  const pixel = counted[Math.floor(random() * counted.length)];
  if (pixel === undefined) return window;
  const about = (place: number, size: number, room: number): number => Math.min(Math.max(place - (size >> 1), 0), room);
  const [y, x] = [Math.floor(pixel / image.width), pixel % image.width];
  return windowAt({ image, labels }, about(y, height, rows), about(x, width, columns), height, width);
}

function windowAt({ image, labels }: LabeledImage, y: number, x: number, height: number, width: number): LabeledImage {
  const values = new Float32Array(height * width * 3);
  const own = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * image.width + x;
    values.set(image.values.subarray(3 * from, 3 * (from + width)), 3 * row * width);
    own.set(labels.subarray(from, from + width), row * width);
  }
  return { image: { height, width, values }, labels: own };
}
