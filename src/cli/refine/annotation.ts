import type { Photograph } from "../../data/images.ts";
import { isNpy, numbersOfArray } from "../../data/masks.ts";
import { sizeRemedy } from "../../data/orientation.ts";
import type { Color } from "../../data/palette.ts";
import { decodeMask, labelsByColor, noClass, type Mask } from "../../data/png.ts";
import { type Finding, refuse } from "../../diagnosis/finding.ts";
import { checkLabels, labelsOfValues } from "../../diagnosis/labels.ts";
import { FormatError, ShapeError, UsageError, ValueError } from "../../errors.ts";
import { annotationLogits, highestOf } from "../../pictures/annotationScores.ts";
import { readWhole } from "../input.ts";
import { type Palette, readPalette } from "./palette.ts";

/** Flags that say how an annotation is read. */
export interface AnnotationFlags {
  readonly confidence: number;
  readonly classes?: number;
  readonly labels?: readonly number[];
  readonly palette?: string;
}

/** An annotation as classes. */
export interface ReadAnnotation {
  readonly height: number;
  readonly width: number;
  readonly labels: Uint8Array<ArrayBuffer>;
  readonly palette?: readonly Color[];
  /** How much each label counts, 0…255, where the file has an alpha channel. */
  readonly alpha?: Uint8Array;
  /** The number of classes, if something tells it. */
  readonly classes?: number;
  readonly findings: readonly Finding[];
}

/**
 * Reads an annotation, PNG or `.npy`, by `--labels` or `--palette` where they are given. What it finds is told, not thrown.
 * @throws FormatError for a file that cannot be read, and for colors without `--palette`
 */
export async function readAnnotation(file: string, flags: AnnotationFlags): Promise<ReadAnnotation> {
  if (flags.labels && flags.palette !== undefined) {
    throw new UsageError({ where: "--labels", expected: "no --palette beside it", got: "both" });
  }
  const bytes = await readWhole(file);
  const palette = await givenPalette(flags);
  if (isNpy(bytes)) return ofNumbers({ ...numbersOfArray(bytes, file), file }, flags);
  const { alpha, ...mask } = withoutAlpha(decodeMask(bytes, file));
  if (palette) return { ...ofColors(mask, palette, file), alpha };
  if (mask.channels === 1) return { ...ofNumbers({ ...mask, values: mask.samples, file }, flags), alpha };
  throw new FormatError({
    file,
    offset: 24,
    expected: "a palette or gray PNG, whose index is the class",
    got: `${mask.channels} channels of ${mask.depth} bits: most likely colors in place of classes`,
    remedy: "add --palette, by which classes are told by their colors",
  });
}

/** A mask of one channel or three, and the alpha channel that stood beside them. */
function withoutAlpha(mask: Mask): Mask & { readonly alpha?: Uint8Array } {
  const { channels, samples, depth, height, width } = mask;
  if (channels % 2 === 1) return mask;
  const own = channels - 1;
  const most = 2 ** depth - 1;
  const alpha = Uint8Array.from({ length: height * width }, (_, pixel) =>
    Math.round((255 * samples[pixel * channels + own]!) / most),
  );
  const colors = samples.filter((_: number, at: number) => at % channels < own);
  return { ...mask, channels: own, samples: colors, alpha };
}

/** Palettes that were read, by the flags of a command, which may have many pictures. */
const palettes = new WeakMap<AnnotationFlags, Promise<Palette>>();

export async function givenPalette(flags: AnnotationFlags): Promise<Palette | undefined> {
  if (flags.palette === undefined) return undefined;
  const palette = palettes.get(flags) ?? readPalette(flags.palette);
  palettes.set(flags, palette);
  return palette;
}

interface Numbers {
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
  readonly palette?: readonly Color[];
}

/** What is no longer suspect where the number of classes is said. */
const toldByClasses: readonly string[] = ["labels-0-255", "labels-gray", "labels-gaps", "labels-one"];

function ofNumbers(numbers: Numbers, { labels: listed, classes }: AnnotationFlags): ReadAnnotation {
  const { file, height, width, values, palette } = numbers;
  // The colors of a palette belong to its indices, which are no classes where values are listed.
  if (listed) return { height, width, ...labelsOfValues(numbers, listed), classes: listed.length };
  const findings = checkLabels(numbers).filter(({ code }) => classes === undefined || !toldByClasses.includes(code));
  const stray = Array.prototype.findIndex.call(
    values,
    (value: number) => !(value >= 0 && value <= 255 && value % 1 === 0),
  );
  if (stray < 0) return { height, width, labels: Uint8Array.from(values), palette, findings };
  throw new FormatError({
    file,
    expected: "whole numbers 0…255, one label a pixel",
    got: `${values[stray]} at row ${Math.floor(stray / width)}, column ${stray % width}`,
    remedy: "save the index of each pixel's class, and 255 where there is none, or add --labels",
  });
}

/** What has the color of no class becomes void, as values that `--labels` lacks do. */
function ofColors(mask: Mask, { colors, classes }: Palette, file: string): ReadAnnotation {
  const { height, width } = mask;
  const found = labelsByColor(inColors(mask, file), colors);
  // Numbers below 0 are none of a list's.
  const values = Float32Array.from(found, (label) => (label === noClass ? -1 : label));
  const listed = Array.from({ length: classes }, (_, label) => label);
  const { labels, findings } = labelsOfValues({ file, height, width, values }, listed);
  const remedy = "add the color to --palette if it is a class's";
  const told = findings.map((one) => ({
    ...one,
    code: "labels-colors",
    expected: "the colors of --palette",
    seen: one.seen.replace(/^\d+ other values (.*), most often .*/, "other colors $1"),
    remedy,
  }));
  return { height, width, labels, palette: colors, classes, findings: told };
}

/** A mask in true colors of one with a palette. */
function inColors(mask: Mask, file: string): Mask {
  const { channels, depth, palette, samples, height, width } = mask;
  if (channels > 2 && depth === 8) return mask;
  if (!palette) {
    const expected = "a PNG in colors of 8 bits beside --palette";
    throw new FormatError({
      file,
      expected,
      got: `${channels} channel of ${depth} bits`,
      remedy: "leave --palette out",
    });
  }
  const colors = new Uint8Array(height * width * 3);
  samples.forEach((index: number, pixel: number) => colors.set(palette[index] ?? [0, 0, 0], 3 * pixel));
  return { height, width, channels: 3, depth: 8, samples: colors };
}

/** @throws ShapeError for an annotation of another size than the image's */
export function requireSize(
  file: string,
  annotation: Pick<ReadAnnotation, "height" | "width">,
  image: Photograph,
): void {
  if (annotation.height === image.height && annotation.width === image.width) return;
  throw new ShapeError({
    where: file,
    expected: `the image's ${image.height} by ${image.width} pixels`,
    got: `${annotation.height} by ${annotation.width}`,
    remedy: sizeRemedy(image, annotation, "draw the annotation at the image's size"),
  });
}

/** The unary of an annotation at the photograph's size. @throws as `readAnnotation` does; ShapeError, ValueError, UsageError */
export async function unaryOfAnnotation(file: string, flags: AnnotationFlags, image: Photograph) {
  const annotation = await readAnnotation(file, flags);
  const { labels, palette, findings, alpha } = annotation;
  requireSize(file, annotation, image);
  const highest = highestOf(labels);
  const classes = flags.classes ?? Math.max(annotation.classes ?? highest + 1, 2);
  if (highest < 0) refuse(findings); // What is known of the file is the reason.
  if (highest < 0 || highest >= classes) {
    throw new ValueError({
      where: file,
      expected: `labels 0…${classes - 1}, or 255 where none is given`,
      got: highest < 0 ? "255 everywhere" : `label ${highest}`,
      remedy: highest < 0 ? "label some pixels" : "raise --classes",
    });
  }
  const { confidence } = flags;
  if (!(confidence > 1 / classes && confidence < 1)) {
    throw new UsageError({
      where: "--confidence",
      expected: `a probability between 1/${classes} (as good as a guess among ${classes} classes) and 1`,
      got: `${confidence}`,
    });
  }
  refuse(findings);
  return { classes, logits: annotationLogits(labels, classes, confidence, alpha), palette, findings };
}
