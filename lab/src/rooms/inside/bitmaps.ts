import { computed } from "@preact/signals";
import type { Rgb } from "../../style/classes.ts";
import { luminance } from "./picture.ts";
import { picture } from "./state.ts";

/** A color as one number, as a picture's memory has it: alpha above blue, green and red (all machines with browsers are little-endian). */
const packed = ([red, green, blue]: Rgb): number => red | (green << 8) | (blue << 16);

/** Makes a small picture that canvases draw from; `at` gives each pixel as one number. */
function bitmap(width: number, height: number, at: (pixel: number) => number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = at(pixel);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** One color, more or less opaque: 0…1. */
export function veil(width: number, height: number, color: Rgb, opacity: (pixel: number) => number): OffscreenCanvas {
  const base = packed(color);
  return bitmap(width, height, (pixel) => base | ((255 * opacity(pixel)) << 24));
}

/** Two colors, one for what is above zero and one for what is below, as opaque as it is far from it: −1…1. */
export function veils(
  width: number,
  height: number,
  colors: { readonly positive: Rgb; readonly negative: Rgb },
  value: (pixel: number) => number,
): OffscreenCanvas {
  const [positive, negative] = [packed(colors.positive), packed(colors.negative)];
  return bitmap(width, height, (pixel) => {
    const own = value(pixel);
    return own < 0 ? negative | ((-255 * own) << 24) : positive | ((255 * own) << 24);
  });
}

export const gray = (width: number, height: number, value: (pixel: number) => number): OffscreenCanvas =>
  bitmap(width, height, (pixel) => {
    const level = Math.min(Math.max(Math.round(255 * value(pixel)), 0), 255);
    return packed([level, level, level]) | (255 << 24);
  });

/** The picture, in color and in gray. */
export const colorBitmap = computed(() => {
  const now = picture.value;
  const pixels = now && new Uint32Array(now.pixels.buffer);
  return now && bitmap(now.width, now.height, (pixel) => pixels![pixel]!);
});
export const grayBitmap = computed(() => {
  const now = picture.value;
  return now && gray(now.width, now.height, (pixel) => luminance(now.pixels, pixel) / 255);
});
