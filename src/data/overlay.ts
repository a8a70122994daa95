import type { Image } from "./image.ts";
import type { Annotation } from "./png.ts";
import { vocPalette } from "./palette.ts";

/**
 * A photograph with its labels blended over it half and half and white lines where the label changes, as RGB
 * `[height, width, 3]`, 0…255. Label 0 (background) and 255 (void) leave the photograph as it is.
 */
export function drawOverlay(image: Image, { labels, palette }: Annotation): Uint8Array {
  const { height, width, values } = image;
  const colors = vocPalette();
  palette?.forEach((color, label) => (colors[label] = color));
  const rgb = new Uint8ClampedArray(values.length);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    const right = pixel % width < width - 1 && labels[pixel + 1] !== label;
    const below = pixel < (height - 1) * width && labels[pixel + width] !== label;
    for (let k = pixel * 3; k < pixel * 3 + 3; k++) {
      const blended = label === 0 || label === 255 ? values[k]! : (values[k]! + colors[label]![k % 3]!) / 2;
      rgb[k] = right || below ? 255 : blended;
    }
  }
  return new Uint8Array(rgb.buffer);
}
