import { ShapeError, UsageError, ValueError } from "../../errors.ts";
import { channelsLast } from "../../data/channelsLast.ts";
import type { Photograph } from "../../data/images.ts";
import { sizeRemedy } from "../../data/orientation.ts";
import type { Color } from "../../data/palette.ts";
import { resizeBilinear } from "../../data/resize.ts";
import { annotationLogits, highestOf } from "../../pictures/annotationScores.ts";
import { readAnnotation, readNumbers } from "../input.ts";

/** The unary: what is known about each pixel before the CRF uses the photograph. */
export interface Unary {
  readonly classes: number;
  /** Logits `[height, width, classes]`. */
  readonly logits: Float32Array<ArrayBuffer>;
  readonly palette?: readonly Color[];
}

export interface UnaryFlags {
  readonly logits?: string;
  readonly layout: "hwc" | "chw";
  readonly resize?: boolean;
  readonly annotation?: string;
  readonly confidence: number;
  readonly classes?: number;
}

/** Reads the unary from `--logits` or `--annotation`, at the image's size. @throws UsageError, FormatError, ShapeError, ValueError */
export async function readUnary(flags: UnaryFlags, image: Photograph): Promise<Unary> {
  if ((flags.logits === undefined) === (flags.annotation === undefined)) {
    throw new UsageError({
      where: "refine",
      expected: "one of --logits and --annotation",
      got: flags.logits === undefined ? "neither" : "both",
      remedy: "give a network's logits, or a rough annotation",
    });
  }
  return flags.logits === undefined
    ? fromAnnotation(flags, flags.annotation!, image)
    : fromLogits(flags, flags.logits, image);
}

async function fromLogits({ layout, resize }: UnaryFlags, file: string, image: Photograph): Promise<Unary> {
  const { height, width } = image;
  const { shape, values } = await readNumbers(file);
  const order = layout === "hwc" ? "[height, width, classes]" : "[classes, height, width]";
  const got = `[${shape.join(", ")}]`;
  if (shape.length !== 3 || values.length === 0) {
    throw new ShapeError({ where: file, expected: `logits ${order}`, got, remedy: shapeRemedy(shape, layout) });
  }
  const [first, second, third] = shape as [number, number, number];
  const [rows, columns, classes] = layout === "hwc" ? [first, second, third] : [second, third, first];
  if (classes === 1) {
    const remedy = shapeRemedy(shape, layout);
    throw new ShapeError({ where: file, expected: `logits ${order} of two classes or more`, got, remedy });
  }
  const logits = layout === "hwc" ? values : channelsLast(values, classes);
  if (rows === height && columns === width) return { classes, logits };
  if (!resize) {
    const swapped =
      layout === "hwc" ? shape[1] === height && shape[2] === width : shape[0] === height && shape[1] === width;
    const otherwise = sizeRemedy(image, { height: rows, width: columns }, "add --resize to interpolate bilinearly");
    throw new ShapeError({
      where: file,
      expected: `logits ${order} of the image's ${height} by ${width} pixels`,
      got,
      remedy: swapped ? `add --layout ${layout === "hwc" ? "chw" : "hwc"}` : otherwise,
    });
  }
  return { classes, logits: resizeBilinear(logits, [rows, columns, classes], [height, width]) };
}

/** Conditions for an array of this shape to be the logits of one image. */
function shapeRemedy(shape: readonly number[], layout: UnaryFlags["layout"]): string {
  const join = shape.length === 2 ? "stack" : "concatenate";
  const axis = layout === "hwc" ? -1 : 0;
  // Their softmax is the sigmoid of x.
  if (shape.length === 2 || shape.length === 3)
    return `two classes of one score x are numpy.${join}([0 * x, x], axis=${axis})`;
  return shape.length === 4 && shape[0] === 1 ? "save logits[0]" : "save one map";
}

async function fromAnnotation(flags: UnaryFlags, file: string, image: Photograph): Promise<Unary> {
  const { height, width } = image;
  const annotation = await readAnnotation(file);
  const { labels, palette } = annotation;
  if (annotation.height !== height || annotation.width !== width) {
    throw new ShapeError({
      where: file,
      expected: `the image's ${height} by ${width} pixels`,
      got: `${annotation.height} by ${annotation.width}`,
      remedy: sizeRemedy(image, annotation, "draw the annotation at the image's size"),
    });
  }
  const highest = highestOf(labels);
  const classes = flags.classes ?? Math.max(highest + 1, 2);
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
  return { classes, logits: annotationLogits(labels, classes, confidence), palette };
}
