import { ShapeError, ValueError } from "../errors.ts";
import { ignoreLabel } from "../ignoreLabel.ts";
import { type Names, requireOptions } from "../options.ts";
import { found, kindOf } from "../values.ts";

/** What somebody, or something, says of the pixels of a picture: a label each, row by row, or 255 where nothing is said. */
export interface Annotation {
  readonly width: number;
  readonly height: number;
  readonly labels: ArrayLike<number>;
  /** How much each label counts, from 0, as if nothing were said, to 255, as `confidence` says. Default: 255 everywhere. */
  readonly alpha?: ArrayLike<number>;
}

export interface AnnotationOptions {
  /** The number of classes, L. Default: the highest label and one more, and 2 at least. */
  readonly classes?: number;
  /** The probability that a label is right, above 1/L and below 1; the other classes share the rest. Default: 0.7. */
  readonly confidence?: number;
}

/** Scores of an annotation: what `refine` and `scoresTensor` take as logits. */
export interface AnnotationScores {
  /** `[height·width·L]`. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [height: number, width: number, classes: number];
}

const where = "annotationScores";
const optionNames: Names<AnnotationOptions> = { classes: true, confidence: true };
/** The default probability that a label is right. */
export const usualConfidence = 0.7;

/**
 * Makes scores of a rough annotation, such as scribbles, for `refine` to carry to the rest of the picture. Pixels of label 255 have
 * the same score for every class. It is what pydensecrf calls `unary_from_labels`, there with label 0 for what is not known.
 * @throws ShapeError unless there is a label for each pixel; ValueError for other labels than 0 … L − 1 and 255, for 255 everywhere,
 * and for a confidence that is none
 * @example
 * const rough = { width: 4, height: 4, labels: new Uint8Array(16).fill(255, 2, 14) }; // two pixels of class 0, and two of …
 * rough.labels.set([1, 1], 14); // … class 1
 * const { labels } = await refine(device, { data: new Uint8Array(48), width: 4, height: 4 }, annotationScores(rough));
 */
export function annotationScores(annotation: Annotation, options: AnnotationOptions = {}): AnnotationScores {
  requireOptions(where, options, optionNames);
  const { width, height, labels, alpha } = requireAnnotation(annotation);
  const classes = options.classes ?? Math.max(highestOf(labels) + 1, 2);
  if (!Number.isInteger(classes) || classes < 2 || classes > ignoreLabel) {
    throw new ValueError({ where, expected: "classes from 2 to 255", got: found(classes) });
  }
  const { confidence = usualConfidence } = options;
  if (!(confidence > 1 / classes && confidence < 1)) {
    const expected = `a confidence between 1/${classes}, as good as a guess among ${classes} classes, and 1`;
    throw new ValueError({ where, expected, got: found(confidence) });
  }
  requireLabels(labels, classes);
  return { data: annotationLogits(labels, classes, confidence, alpha), shape: [height, width, classes] };
}

/**
 * Logits `[pixels, classes]` of labels that are right with probability `confidence`, or by an alpha of 0…255 with one between that and a
 * guess; nothing is checked.
 */
export function annotationLogits(
  labels: ArrayLike<number>,
  classes: number,
  confidence: number,
  alpha?: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const logits = new Float32Array(labels.length * classes);
  const levels = Array.from({ length: 256 }, (_, level) => {
    const sure = level === 255 ? confidence : 1 / classes + (level / 255) * (confidence - 1 / classes);
    return level === 0 ? [0, 0] : [Math.log(sure), Math.log((1 - sure) / (classes - 1))];
  });
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    if (label === ignoreLabel) continue;
    const [right, wrong] = levels[alpha?.[pixel] ?? 255] as [number, number];
    logits.fill(wrong, pixel * classes, (pixel + 1) * classes);
    logits[pixel * classes + label] = right;
  }
  return logits;
}

/** The highest label but 255; −1 where there is none. */
export function highestOf(labels: ArrayLike<number>): number {
  let highest = -1;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (labels[pixel] !== ignoreLabel) highest = Math.max(highest, labels[pixel]!);
  }
  return highest;
}

/** @throws ShapeError, ValueError */
function requireAnnotation(annotation: Annotation): Annotation {
  const { width, height, labels } = annotation ?? {};
  const isList = Array.isArray(labels) || (ArrayBuffer.isView(labels) && "length" in labels);
  if (!isList || !(Number.isInteger(width) && width > 0) || !(Number.isInteger(height) && height > 0)) {
    const remedy = "write it as { width: 500, height: 375, labels: new Uint8Array(500 * 375).fill(255) }";
    throw new ValueError({
      where,
      expected: "an annotation { width, height, labels }",
      got: kindOf(annotation),
      remedy,
    });
  }
  if (labels.length !== width * height) {
    throw new ShapeError({ where, expected: `${height} by ${width} labels`, got: `${labels.length} labels` });
  }
  const { alpha } = annotation;
  if (alpha !== undefined && alpha?.length !== labels.length) {
    const got = typeof alpha?.length === "number" ? `${alpha.length}` : kindOf(alpha);
    throw new ShapeError({ where, expected: `alpha: ${labels.length} numbers, one a label`, got });
  }
  const stray = Array.prototype.findIndex.call(alpha ?? [], (a) => !(Number.isInteger(a) && a >= 0 && a <= 255));
  if (stray >= 0)
    throw new ValueError({ where, expected: "alpha: whole numbers 0…255", got: `${alpha![stray]} at pixel ${stray}` });
  return annotation;
}

/** @throws ValueError naming the first label that is none, and where all pixels are 255 */
function requireLabels(labels: ArrayLike<number>, classes: number): void {
  const expected = `labels 0…${classes - 1}, or ${ignoreLabel} where nothing is said`;
  let said = false;
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]!;
    if (label === ignoreLabel) continue;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      const remedy = Number.isInteger(label) && label >= classes ? "pass more classes" : undefined;
      throw new ValueError({ where, expected, got: `${label} at pixel ${pixel}`, remedy });
    }
    said = true;
  }
  if (!said) throw new ValueError({ where, expected, got: `${ignoreLabel} everywhere`, remedy: "label some pixels" });
}
