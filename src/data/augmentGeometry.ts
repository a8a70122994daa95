import { mat3d, type Mat3d } from "wgpu-matrix";
import type { Augmentation, LabeledImage } from "./labeledImage.ts";
import { ignoreLabel } from "./labels.ts";

const radians = Math.PI / 180;

/**
 * The affine map from a pixel of the variation to the place in the image that it shows, about the image's center; none where
 * nothing is to be moved.
 */
export function affineMatrix(
  { height, width }: { readonly height: number; readonly width: number },
  { flip = false, scale = 1, rotation = 0, shear = 0, shift = 0 }: Augmentation,
  within: (least: number, most: number) => number,
): Mat3d | undefined {
  if (!flip && scale === 1 && rotation === 0 && shear === 0 && shift === 0) return undefined;
  const mirror = flip && within(0, 1) < 0.5 ? -1 : 1;
  const zoom = scale ** within(-1, 1);
  const matrix = mat3d.translation([width * (0.5 + shift * within(-1, 1)), height * (0.5 + shift * within(-1, 1))]);
  mat3d.rotate(matrix, rotation * radians * within(-1, 1), matrix);
  mat3d.multiply(matrix, mat3d.create(1, 0, 0, Math.tan(shear * radians * within(-1, 1)), 1, 0, 0, 0, 1), matrix);
  mat3d.scale(matrix, [mirror / zoom, 1 / zoom], matrix);
  return mat3d.translate(matrix, [-width / 2, -height / 2], matrix);
}

/** Draws image and labels again, with each pixel taken from where `toSource` puts its center. */
export function warp({ image, labels }: LabeledImage, toSource: Mat3d): LabeledImage {
  const { height, width, values } = image;
  const warped = new Float32Array(values.length);
  const moved = new Uint8Array(labels.length).fill(ignoreLabel);
  // wgpu-matrix stores the three columns of a mat3 at 0, 4 and 8.
  const [xx, yx, xy, yy] = [toSource[0]!, toSource[1]!, toSource[4]!, toSource[5]!];
  const [x0, y0] = [toSource[8]!, toSource[9]!];
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const across = (pixel % width) + 0.5;
    const down = Math.floor(pixel / width) + 0.5;
    const x = xx * across + xy * down + x0 - 0.5;
    const y = yx * across + yy * down + y0 - 0.5;
    sample(image, x, y, warped, pixel * 3);
    const [column, row] = [Math.round(x), Math.round(y)];
    if (column >= 0 && column < width && row >= 0 && row < height) moved[pixel] = labels[row * width + column]!;
  }
  return { image: { height, width, values: warped }, labels: moved };
}

/** Samples the image bilinearly; beyond the border the border's pixels are repeated. */
function sample(
  { height, width, values }: LabeledImage["image"],
  x: number,
  y: number,
  into: Float32Array,
  at: number,
): void {
  const column = Math.min(Math.max(x, 0), width - 1);
  const row = Math.min(Math.max(y, 0), height - 1);
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const right = Math.min(left + 1, width - 1) - left;
  const below = (Math.min(top + 1, height - 1) - top) * width;
  const corner = top * width + left;
  for (let k = 0; k < 3; k++) {
    const value = (pixel: number): number => values[pixel * 3 + k]!;
    const upper = value(corner) + (value(corner + right) - value(corner)) * (column - left);
    const lower = value(corner + below) + (value(corner + below + right) - value(corner + below)) * (column - left);
    into[at + k] = upper + (lower - upper) * (row - top);
  }
}
