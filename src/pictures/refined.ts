import type { Drawable } from "../device/device.ts";
import { type Color, vocPalette } from "../data/palette.ts";
import { ValueError } from "../errors.ts";
import { type Names, requireOptions } from "../options.ts";
import { found, kindOf } from "../values.ts";
import { channelsOf, contextOf, type Context2d, type ImageSource, isDrawable, type PixelData } from "./source.ts";

/** How labels are drawn on a canvas. */
export interface DrawOptions {
  /** How opaque the colors of the labels are over the picture, 0…1. Default: 0.5. */
  readonly overlay?: number;
  /**
   * The color of each label. Default: the palette of PASCAL VOC, and label 0, its background, leaves the picture as it
   * is.
   */
  readonly palette?: readonly Color[];
}

const drawNames: Names<DrawOptions> = { overlay: true, palette: true };

/** What `refine` found out about a picture. All of it is on the host. */
export interface Refined {
  readonly width: number;
  readonly height: number;
  /** The most probable class of each pixel, row by row; two bytes each for more than 256 classes. */
  readonly labels: Uint8Array | Uint16Array;
  /** The probability of that class, `[height·width]`. */
  readonly confidence: Float32Array;
  /** How many iterations were done: fewer than were asked for where `until` ended them. */
  readonly iterations: number;
  /** The probability of every class at every pixel, `[height·width·L]`, if it was asked for. */
  readonly marginals?: Float32Array;
  /**
   * Colors the labels, all of them opaque. Default: the palette of PASCAL VOC.
   * @throws ValueError for what is no palette
   */
  toImageData(palette?: readonly Color[]): ImageData;
  /** The pixels of one label, opaque white; the others are transparent. @throws ValueError for what is no class */
  mask(label: number): ImageData;
  /**
   * Draws the picture and the labels over it on a canvas, which gets the picture's size. A picture that was closed in
   * the meantime, or given as a tensor, is not drawn: the labels lie over what the canvas shows.
   * @throws ValueError for a canvas with another context than 2d
   */
  draw(canvas: HTMLCanvasElement | OffscreenCanvas, options?: DrawOptions): void;
}

/** The numbers of a result. */
export type RefinedValues = Pick<Refined, "width" | "height" | "labels" | "confidence" | "iterations" | "marginals"> & {
  readonly classes: number;
};

/** Makes the result of `refine`, which draws `source` if it is one. */
export function refinedOf({ classes, ...values }: RefinedValues, source: ImageSource | undefined): Refined {
  const { width, height, labels } = values;
  return {
    ...values,
    toImageData(palette) {
      const colors = requirePalette("toImageData", palette) ?? vocPalette();
      return makeImageData(width, height, (data) => {
        for (let pixel = 0; pixel < labels.length; pixel++) {
          data.set(colorOf(colors, labels[pixel]!), pixel * 4);
          data[pixel * 4 + 3] = 255;
        }
      });
    },
    mask(label) {
      if (!Number.isInteger(label) || label < 0 || label >= classes) {
        throw new ValueError({ where: "mask", expected: `a label from 0 to ${classes - 1}`, got: found(label) });
      }
      return makeImageData(width, height, (data) => {
        for (let pixel = 0; pixel < labels.length; pixel++) {
          if (labels[pixel] === label) data.fill(255, pixel * 4, pixel * 4 + 4);
        }
      });
    },
    draw(canvas, options = {}) {
      requireOptions("draw", options, drawNames);
      const { overlay = 0.5 } = options;
      requireCanvas(canvas);
      requireShare("overlay", overlay);
      const palette = requirePalette("draw", options.palette);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      const context = contextOf("draw", canvas);
      const image = pictureOn(context, canvas, source, width, height);
      blend(image.data, labels, palette, overlay);
      context.putImageData(image, 0, 0);
    },
  };
}

/** @throws ValueError */
function requireCanvas(canvas: unknown): void {
  if (typeof (canvas as Partial<HTMLCanvasElement> | null | undefined)?.getContext === "function") return;
  throw new ValueError({
    where: "draw",
    expected: "a canvas",
    got: kindOf(canvas),
    remedy: "pass a canvas element or an OffscreenCanvas",
  });
}

/** @throws ValueError */
function requireShare(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new ValueError({ where: "draw", expected: `${name} from 0 to 1`, got: found(value) });
}

/** The pixels of a canvas after the picture was drawn on it. */
function pictureOn(
  context: Context2d,
  canvas: HTMLCanvasElement | OffscreenCanvas,
  source: ImageSource | undefined,
  width: number,
  height: number,
): ImageData {
  if (source && isDrawable(source) && source !== canvas) tryToDraw(context, source, width, height);
  const image = context.getImageData(0, 0, width, height);
  if (source && !isDrawable(source)) copyPixels(image.data, source);
  return image;
}

/** Draws a picture unless it was closed. */
function tryToDraw(context: Context2d, source: Drawable, width: number, height: number): void {
  try {
    context.drawImage(source, 0, 0, width, height);
  } catch (error) {
    if ((error as Error).name !== "InvalidStateError") throw error;
  }
}

function copyPixels(to: Uint8ClampedArray, source: PixelData): void {
  const channels = channelsOf("draw", source);
  const { data } = source;
  for (let pixel = 0; pixel < source.width * source.height; pixel++) {
    for (let c = 0; c < 3; c++) to[pixel * 4 + c] = data[pixel * channels + (channels < 3 ? 0 : c)]!;
    to[pixel * 4 + 3] = channels % 2 === 0 ? data[pixel * channels + channels - 1]! : 255;
  }
}

/** Mixes the colors of the labels into the pixels of a picture. */
function blend(
  data: Uint8ClampedArray,
  labels: Uint8Array | Uint16Array,
  palette: readonly Color[] | undefined,
  overlay: number,
): void {
  const colors = palette ?? vocPalette();
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    if (!palette && label === 0) continue;
    const at = pixel * 4;
    const color = colorOf(colors, label);
    for (let c = 0; c < 3; c++) data[at + c] = data[at + c]! + (color[c]! - data[at + c]!) * overlay;
    data[at + 3] = Math.max(data[at + 3]!, 255 * overlay);
  }
}

/** Labels beyond the end of a palette begin anew. */
const colorOf = (colors: readonly Color[], label: number): Color => colors[label % colors.length]!;

/** @throws ValueError */
function requirePalette(where: string, palette: unknown): readonly Color[] | undefined {
  if (palette === undefined) return undefined;
  const isColor = (color: unknown): boolean =>
    Array.isArray(color) && color.length === 3 && color.every((value) => value >= 0 && value <= 255);
  if (Array.isArray(palette) && palette.length > 0 && palette.every(isColor)) return palette as Color[];
  throw new ValueError({
    where,
    expected: "a palette: a list of colors [red, green, blue], 0…255",
    got: kindOf(palette),
    remedy: "write it as [[0, 0, 0], [128, 0, 0]]",
  });
}

/** Makes an ImageData, or, in a host without them, an object with the same members. */
function makeImageData(width: number, height: number, fill: (data: Uint8ClampedArray) => void): ImageData {
  const data = new Uint8ClampedArray(width * height * 4);
  fill(data);
  if (typeof ImageData === "function") return new ImageData(data, width, height);
  return { data, width, height, colorSpace: "srgb" };
}
