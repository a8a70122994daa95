import { decodeLabelPng, decodeNpy, encodeLabelPng, encodeNpy, encodeRgbPng } from "crf-rnn/data";
import type { Color } from "crf-rnn";

// The package's own readers and writers of files. They are loaded when the first file comes or goes.

export interface ReadLabels {
  readonly kind: "labels";
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly palette?: readonly Color[];
}

export interface ReadScores {
  readonly kind: "scores";
  readonly layout: "hwc" | "chw";
  readonly shape: readonly [number, number, number];
  readonly data: Float32Array<ArrayBuffer>;
}

/** Reads labels from a PNG. @throws FormatError, whose message is a sentence */
export const readLabels = (bytes: Uint8Array, file: string): ReadLabels => ({
  kind: "labels",
  ...decodeLabelPng(bytes, file),
});

/** Reads a `.npy` file: labels [height, width], or scores [height, width, classes] or [classes, height, width]. @throws Error with a sentence */
export function readArray(
  bytes: Uint8Array,
  file: string,
  picture: { readonly width: number; readonly height: number },
): ReadLabels | ReadScores {
  const { shape: all, data } = decodeNpy(bytes, file);
  // One picture of a batch is that picture.
  const shape = all.length > 2 && all[0] === 1 && all.length === 4 ? all.slice(1) : all;
  if (shape.length === 2) return labelsOf(file, shape as [number, number], data);
  const got = `[${all.join(", ")}]`;
  if (shape.length !== 3 || data.length === 0) {
    throw new Error(
      `${file} holds an array ${got}, expected labels [height, width] or scores [height, width, classes].`,
    );
  }
  const stray = data.findIndex((value) => !Number.isFinite(value));
  if (stray >= 0) throw new Error(`${file} holds ${data[stray]} among its scores, expected finite numbers.`);
  const layout = layoutOf(shape as [number, number, number], picture);
  const classes = layout === "hwc" ? shape[2]! : shape[0]!;
  if (classes < 2 || classes > 255) throw new Error(`${file} holds scores of ${classes} classes, expected 2 to 255.`);
  return { kind: "scores", layout, shape: shape as [number, number, number], data: Float32Array.from(data) };
}

/** Where the classes are: the axis that is no side of the picture, or the shorter one. */
function layoutOf(
  [first, second, third]: readonly [number, number, number],
  { width, height }: { readonly width: number; readonly height: number },
): "hwc" | "chw" {
  if (first === height && second === width) return "hwc";
  if (second === height && third === width) return "chw";
  return third <= first ? "hwc" : "chw";
}

function labelsOf(file: string, [height, width]: readonly [number, number], data: ArrayLike<number>): ReadLabels {
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = data[pixel]!;
    if (Number.isInteger(value) && value >= 0 && value <= 255) continue;
    const place = `row ${Math.floor(pixel / width)}, column ${pixel % width}`;
    throw new Error(`${file} holds ${value} at ${place}, expected labels 0…254, or 255 where there is none.`);
  }
  if (data.length === 0)
    throw new Error(`${file} holds an array [${height}, ${width}], expected labels of some pixels.`);
  return { kind: "labels", width, height, labels: Uint8Array.from(data) };
}

/** Writes labels as a PNG with a palette, whose index is the class. */
export const writeLabels = (width: number, height: number, labels: Uint8Array, palette: readonly Color[]): Uint8Array =>
  encodeLabelPng({ width, height, labels: Uint8Array.from(labels), palette });

/** Writes red, green, blue and alpha as a PNG without alpha. */
export function writePhotograph(width: number, height: number, pixels: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let k = 0; k < 3; k++) rgb[pixel * 3 + k] = pixels[pixel * 4 + k]!;
  }
  return encodeRgbPng(height, width, rgb);
}

export const writeArray = (shape: readonly number[], data: Float32Array): Uint8Array => encodeNpy({ shape, data });
