import type { Rgb } from "../../style/classes.ts";
import { type Area, nothing } from "./drawing.ts";

// What lies over the photograph, as pixels of canvas: 32 bits each, alpha highest.

const pixel = ([red, green, blue]: Rgb, alpha: number): number =>
  ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** A color for each of the 256 labels; nothing is transparent. */
function table(colors: readonly Rgb[], alpha: number): Uint32Array {
  const values = new Uint32Array(256);
  colors.forEach((rgb, label) => (values[label] = pixel(rgb, alpha)));
  values[nothing] = 0;
  return values;
}

/** Draws a part of the labels in their colors. */
export function tintDrawing(
  canvas: HTMLCanvasElement,
  labels: Uint8Array,
  colors: readonly Rgb[],
  { x, y, width, height }: Area,
): void {
  if (width <= 0 || height <= 0) return;
  const values = table(colors, 1);
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * canvas.width + x;
    for (let column = 0; column < width; column++) words[row * width + column] = values[labels[from + column]!]!;
  }
  canvas.getContext("2d")!.putImageData(image, x, y);
}

const white = pixel([255, 255, 255], 0.95);

/** Draws labels half transparent, with a light line where one ends and the next begins. */
export function tintLabels(canvas: HTMLCanvasElement, labels: Uint8Array, colors: readonly Rgb[], alpha: number): void {
  const { width, height } = canvas;
  const values = table(colors, alpha);
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const label = labels[at]!;
      const edge =
        label !== nothing &&
        ((x < width - 1 && labels[at + 1] !== label) || (y < height - 1 && labels[at + width] !== label));
      words[at] = edge ? white : values[label]!;
    }
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** From unsure to sure, light to dark: a sequence that also gray eyes read. */
const scale: readonly Rgb[] = [
  [253, 231, 180],
  [250, 175, 110],
  [233, 110, 110],
  [176, 66, 140],
  [100, 42, 140],
  [28, 18, 72],
];

/** The color of a confidence, a share 0…1 of the way from a guess to certainty. */
export function confidenceColor(share: number): Rgb {
  const at = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const low = Math.min(Math.floor(at), scale.length - 2);
  const [from, to] = [scale[low]!, scale[low + 1]!];
  return from.map((value, k) => Math.round(value + (to[k]! - value) * (at - low))) as unknown as Rgb;
}

/** Draws how sure the labels are, from 1/L, which is a guess, to 1. */
export function tintConfidence(canvas: HTMLCanvasElement, confidence: Float32Array, classes: number): void {
  const image = new ImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  const colors = Uint32Array.from({ length: 256 }, (_, i) => pixel(confidenceColor(i / 255), 1));
  const guess = 1 / classes;
  for (let i = 0; i < words.length; i++)
    words[i] = colors[Math.round((255 * Math.max(confidence[i]! - guess, 0)) / (1 - guess))]!;
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

const veil = pixel([128, 128, 140], 0.72);

/** Draws the pixels whose class the CRF changed in the new one's color, and a veil over the others. */
export function tintDifference(
  canvas: HTMLCanvasElement,
  before: Uint8Array,
  after: Uint8Array,
  colors: readonly Rgb[],
): void {
  const image = new ImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  const values = table(colors, 0.95);
  for (let i = 0; i < words.length; i++) {
    words[i] = before[i] !== nothing && before[i] !== after[i] ? values[after[i]!]! : veil;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** How many labels changed where there was one before, and how many there were. */
export function countChanged(
  before: Uint8Array,
  after: Uint8Array,
): { readonly changed: number; readonly known: number } {
  let [changed, known] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    if (before[i] === nothing) continue;
    known++;
    changed += Number(before[i] !== after[i]);
  }
  return { changed, known };
}
