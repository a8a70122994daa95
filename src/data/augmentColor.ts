import { mat4d, vec3d, type Mat4d } from "wgpu-matrix";
import type { Image } from "./image.ts";

/** Shares of red, green and blue in the perceived brightness (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114];

/**
 * A change of brightness, contrast about middle gray and saturation, as one 4×4 matrix over (red, green, blue, 1), 0…255;
 * none where `strength` is 0.
 */
export function colorMatrix(strength: number, within: (least: number, most: number) => number): Mat4d | undefined {
  if (strength === 0) return undefined;
  const drawn = (middle: number): number => middle + strength * within(-1, 1);
  const [brightness, contrast, saturation] = [drawn(0), drawn(1), drawn(1)];
  const gray = 127.5;
  const matrix = mat4d.translation(vec3d.fromValues(...three(gray * (1 + brightness))));
  mat4d.scale(matrix, three(contrast), matrix);
  mat4d.translate(matrix, three(-gray), matrix);
  return mat4d.multiply(matrix, saturationMatrix(saturation), matrix);
}

/** The photograph with every color sent through the matrix and kept within 0…255. */
export function paintThrough({ height, width, values }: Image, matrix: Mat4d): Image {
  const painted = new Float32Array(values.length);
  const color = vec3d.create();
  for (let at = 0; at < values.length; at += 3) {
    vec3d.set(values[at]!, values[at + 1]!, values[at + 2]!, color);
    vec3d.transformMat4(color, matrix, color);
    for (let k = 0; k < 3; k++) painted[at + k] = Math.min(Math.max(color[k]!, 0), 255);
  }
  return { height, width, values: painted };
}

/** Changes the saturation: moves a color away from or towards the gray of the same brightness. */
function saturationMatrix(saturation: number): Mat4d {
  const matrix = mat4d.identity();
  for (let from = 0; from < 3; from++) {
    for (let to = 0; to < 3; to++) {
      matrix[4 * from + to] = (1 - saturation) * luma[from]! + (from === to ? saturation : 0);
    }
  }
  return matrix;
}

const three = (value: number): [number, number, number] => [value, value, value];
