import { FormatError } from "../errors.ts";
import { mostLikely } from "../diagnosis/finding.ts";
import { adviceOn } from "../diagnosis/labels.ts";
import { ignoreLabel } from "../ignoreLabel.ts";
import { maximumPixels, tooLarge } from "./labels.ts";
import { decodeNpy, type NpyData } from "./npy.ts";
import type { Color } from "./palette.ts";
import { type Annotation, decodeLabelPng } from "./png.ts";

/** What the numbers and colors of masks mean. */
export interface MaskOptions {
  /** The color of each class, and at 255 that of void: see `decodeLabelPng`. */
  readonly colors?: readonly Color[];
  /** The number of each class in the masks, where it is not the class itself. 255 is void unless it is one of them. */
  readonly values?: readonly number[];
}

/**
 * Reads a mask from a PNG or from a `.npy` of whole numbers `[height, width]`, told apart by their first bytes.
 * @throws FormatError for anything else, for damaged files, and for numbers and colors of no class
 */
export function decodeLabels(bytes: Uint8Array, file: string, { colors, values }: MaskOptions = {}): Annotation {
  const map = isNpy(bytes) ? labelsOfArray(bytes, file) : decodeLabelPng(bytes, file, { colors });
  return values && map.palette !== colors ? withClasses(map, values, file) : map;
}

export const isNpy = (bytes: Uint8Array): boolean => bytes[0] === 0x93;

/** Numbers `[height, width]` of a `.npy`, whatever they are. @throws FormatError for another shape */
export function numbersOfArray(bytes: Uint8Array, file: string): { height: number; width: number; values: NpyData } {
  const { shape, data } = decodeNpy(bytes, file);
  const [height = 0, width = 0] = shape;
  if (shape.length !== 2 || data.length === 0) {
    const remedy =
      shape.length === 3 ? "save the class of each pixel: numpy.argmax over the classes" : "save one label a pixel";
    throw new FormatError({ file, expected: "labels [height, width]", got: `shape [${shape.join(", ")}]`, remedy });
  }
  if (data.length <= maximumPixels) return { height, width, values: data };
  const expected = `1 to ${maximumPixels} pixels`;
  throw new FormatError({ file, expected, got: `${width}×${height}`, remedy: tooLarge });
}

function labelsOfArray(bytes: Uint8Array, file: string): Annotation {
  const { height, width, values } = numbersOfArray(bytes, file);
  const stray = values.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value <= 255));
  if (stray < 0) return { height, width, labels: Uint8Array.from(values) };
  throw new FormatError({
    file,
    expected: "whole numbers 0…255, one label a pixel",
    got: `${values[stray]} at row ${Math.floor(stray / width)}, column ${stray % width}`,
    remedy: "save the index of each pixel's class, and 255 where there is none",
  });
}

/** The classes of a mask whose numbers are others. */
function withClasses(map: Annotation, values: readonly number[], file: string): Annotation {
  const classes = new Map(values.map((value, label) => [value, label]));
  const { height, width } = map;
  const stray = map.labels.findIndex((value) => !classes.has(value) && value !== ignoreLabel);
  if (stray < 0) return { height, width, labels: map.labels.map((value) => classes.get(value) ?? ignoreLabel) };
  const advice = adviceOn({ file, height, width, values: map.labels });
  throw new FormatError({
    file,
    expected: `the values ${values.join(", ")} of the classes`,
    got: `${map.labels[stray]} at row ${Math.floor(stray / width)}, column ${stray % width}${advice ? `${mostLikely}${advice.likely}` : ""}`,
    remedy: advice?.remedy ?? "give this value a class, or save the masks without smoothing and as PNG",
  });
}
