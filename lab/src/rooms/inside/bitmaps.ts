import { computed } from "@preact/signals";
import type { Rgb } from "../../style/classes.ts";
import { luminance } from "./picture.ts";
import { picture } from "./state.ts";

/** Makes a small picture that canvases draw from, of the color and opacity that `at` writes for every pixel. */
export function bitmap(
  width: number,
  height: number,
  at: (pixel: number, rgba: Uint8ClampedArray, offset: number) => void,
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) at(pixel, image.data, 4 * pixel);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** One color, more or less opaque: 0…1. */
export const veil = (width: number, height: number, [red, green, blue]: Rgb, opacity: (pixel: number) => number) =>
  bitmap(width, height, (pixel, rgba, at) => {
    [rgba[at], rgba[at + 1], rgba[at + 2]] = [red, green, blue];
    rgba[at + 3] = 255 * opacity(pixel);
  });

export const gray = (width: number, height: number, value: (pixel: number) => number) =>
  bitmap(width, height, (pixel, rgba, at) => {
    rgba.fill(255 * value(pixel), at, at + 3);
    rgba[at + 3] = 255;
  });

/** The picture, in color and in gray. */
export const colorBitmap = computed(() => {
  const now = picture.value;
  return now && bitmap(now.width, now.height, (_, rgba, at) => rgba.set(now.pixels.subarray(at, at + 4), at));
});
export const grayBitmap = computed(() => {
  const now = picture.value;
  return now && gray(now.width, now.height, (pixel) => luminance(now.pixels, pixel) / 255);
});
