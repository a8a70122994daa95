import type { Photograph } from "../../data/images.ts";
import { type Finding, findingOf } from "../../diagnosis/finding.ts";
import { checkGuide } from "../../diagnosis/guide.ts";
import { checkScores } from "../../diagnosis/scores.ts";
import { CrfRnnError, FormatError } from "../../errors.ts";
import { readImage } from "../input.ts";
import type { Listed } from "../pictures.ts";
import { type AnnotationFlags, readAnnotation, requireSize as requireAnnotationSize } from "../refine/annotation.ts";
import { readGiven, requireSize, type ScoresFlags, type UnaryFiles } from "../refine/unary.ts";

type Flags = ScoresFlags & AnnotationFlags & { readonly thetaBeta: number };

/** Looks at a picture and what is known of it; `labels` occur in its annotation. What ends reading is found as well; another error is thrown. */
export async function checkPicture(picture: Listed & UnaryFiles, flags: Flags) {
  const found: Finding[] = [];
  const image = await attempt(() => readImage(picture.file), found);
  if (image) found.push(...checkGuide({ file: picture.file, values: image.values, color: flags.thetaBeta }));
  await attempt(() => checkLogits(picture, flags, image, found), found);
  const labels = await attempt(() => checkAnnotation(picture, flags, image, found), found);
  return { notes: image?.notes ?? [], found, labels: labels ?? new Set<number>() };
}

async function attempt<Result>(read: () => Promise<Result>, found: Finding[]): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CrfRnnError)) throw error;
    const { where: file, expected, got, remedy } = error;
    found.push(findingOf(error instanceof FormatError ? error : { file, expected, got, remedy }));
    return undefined;
  }
}

async function checkLogits(
  { name, logits }: UnaryFiles,
  flags: Flags,
  image: Photograph | undefined,
  found: Finding[],
): Promise<void> {
  if (logits === undefined) return;
  const scores = await readGiven(logits, name, flags);
  // What is said of numbers that lie in another order makes no sense.
  if (image && !flags.resize) requireSize(scores, image);
  found.push(...checkScores(scores));
}

async function checkAnnotation(
  { annotation }: UnaryFiles,
  flags: Flags,
  image: Photograph | undefined,
  found: Finding[],
): Promise<ReadonlySet<number>> {
  if (annotation === undefined) return new Set();
  const read = await readAnnotation(annotation, flags);
  found.push(...read.findings);
  if (image) requireAnnotationSize(annotation, read, image);
  return new Set(read.labels);
}
