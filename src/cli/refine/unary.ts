import { channelsLast } from "../../data/channelsLast.ts";
import type { Photograph } from "../../data/images.ts";
import { sizeRemedy } from "../../data/orientation.ts";
import type { Color } from "../../data/palette.ts";
import { resizeBilinear } from "../../data/resize.ts";
import { type Finding, refuse } from "../../diagnosis/finding.ts";
import { checkScores, type GivenScores, type Meaning } from "../../diagnosis/scores.ts";
import { ShapeError, UsageError } from "../../errors.ts";
import { type AnnotationFlags, givenPalette, unaryOfAnnotation } from "./annotation.ts";
import { logitsOf } from "./meaning.ts";
import { readScores } from "./scoresFile.ts";

/** The unary: what is known about each pixel before the CRF uses the photograph. */
export interface Unary {
  readonly classes: number;
  /** Logits `[height, width, classes]`. */
  readonly logits: Float32Array<ArrayBuffer>;
  readonly palette?: readonly Color[];
  /** What the file is suspected of. */
  readonly findings: readonly Finding[];
}

/** Flags that say how scores are read. */
export interface ScoresFlags {
  readonly layout: "hwc" | "chw";
  readonly input: Meaning;
  readonly resize?: boolean;
}

/** Where the unary of a picture lies. */
export interface UnaryFiles {
  /** The picture's name without its ending. */
  readonly name: string;
  readonly logits?: string;
  readonly annotation?: string;
}

/** @throws UsageError unless there is exactly one of the two flags */
export function requireOneUnary({ logits, annotation }: Pick<UnaryFiles, "logits" | "annotation">): void {
  if ((logits === undefined) !== (annotation === undefined)) return;
  throw new UsageError({
    where: "refine",
    expected: "one of --logits and --annotation",
    got: logits === undefined ? "neither" : "both",
    remedy: "give a network's logits, or a rough annotation",
  });
}

/** Reads the unary at the image's size. @throws UsageError, FormatError, ShapeError, ValueError */
export async function readUnary(
  { name, logits, annotation }: UnaryFiles,
  flags: ScoresFlags & AnnotationFlags,
  image: Photograph,
): Promise<Unary> {
  if (logits === undefined) return unaryOfAnnotation(annotation!, flags, image);
  const scores = await readGiven(logits, name, flags);
  const { height, width } = image;
  const fits = scores.height === height && scores.width === width;
  if (!flags.resize) requireSize(scores, image);
  const findings = checkScores(scores);
  refuse(findings);
  const { classes, values } = logitsOf({ classes: scores.classes, values: dense(scores) }, flags.input, scores.bytes);
  const palette = (await givenPalette(flags))?.colors;
  if (fits) return { classes, logits: values, palette, findings };
  const resized = resizeBilinear(values, [scores.height, scores.width, classes], [height, width]);
  return { classes, logits: resized, palette, findings };
}

const axes = { hwc: "[height, width, classes]", chw: "[classes, height, width]" };

/** Reads scores without looking at their numbers. @throws FormatError, ShapeError */
export async function readGiven(
  file: string,
  name: string,
  { layout, input }: Pick<ScoresFlags, "layout" | "input">,
): Promise<GivenScores> {
  const { shape, values, bytes } = await readScores(file, name);
  // One score a pixel may well do without an axis for the classes.
  const single = shape.length === 2 && (input === "sigmoid" || input === "probabilities");
  const full = single ? (layout === "hwc" ? [...shape, 1] : [1, ...shape]) : shape;
  if (full.length !== 3 || values.length === 0) {
    throw new ShapeError({
      where: file,
      expected: `logits ${axes[layout]}`,
      got: `[${shape.join(", ")}]`,
      remedy: shapeRemedy(shape),
    });
  }
  const [first, second, third] = full as [number, number, number];
  const [height, width, classes] = layout === "hwc" ? [first, second, third] : [second, third, first];
  return { file, values, height, width, classes, layout, meaning: input, bytes };
}

const dense = ({ values, classes, layout }: GivenScores): Float32Array<ArrayBuffer> =>
  layout === "hwc" ? values : channelsLast(values, classes);

/** What makes an array of this shape the scores of one image. */
function shapeRemedy(shape: readonly number[]): string {
  if (shape.length === 2) return "add --input sigmoid, or --input probabilities if it is from 0 to 1";
  return shape.length === 4 && shape[0] === 1 ? "save logits[0]" : "save one map";
}

/** @throws ShapeError for scores of another size than the image's */
export function requireSize(scores: GivenScores, image: Photograph): void {
  const { height, width } = image;
  if (scores.height === height && scores.width === width) return;
  const { layout } = scores;
  const shape =
    layout === "hwc" ? [scores.height, scores.width, scores.classes] : [scores.classes, scores.height, scores.width];
  const swapped =
    layout === "hwc" ? shape[1] === height && shape[2] === width : shape[0] === height && shape[1] === width;
  const turned = scores.height === width && scores.width === height;
  const otherwise = turned
    ? `turn rows and columns: numpy.swapaxes(x, ${layout === "hwc" ? "0, 1" : "1, 2"})`
    : "add --resize to interpolate bilinearly";
  throw new ShapeError({
    where: scores.file,
    expected: `logits ${axes[layout]} of the image's ${height} by ${width} pixels`,
    got: `[${shape.join(", ")}]`,
    remedy: swapped ? `add --layout ${layout === "hwc" ? "chw" : "hwc"}` : sizeRemedy(image, scores, otherwise),
  });
}
