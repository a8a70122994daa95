import { basename } from "node:path";
import { checkDataset, type Problem } from "../../data/checkDataset.ts";
import { spread } from "../../data/spread.ts";
import { itemsOf, type Dataset, type Item } from "../../data/dataset.ts";
import { decodeImage, type Photograph } from "../../data/images.ts";
import { ignoreLabel } from "../../data/labels.ts";
import { openPart, openUnion, type Format } from "../../data/openDataset.ts";
import { scaleRemedy, sizeRemedy } from "../../data/orientation.ts";
import type { Color } from "../../data/palette.ts";
import { refuse } from "../../diagnosis/finding.ts";
import { FormatError, UsageError } from "../../errors.ts";
import type { GivenLogits, Sample } from "../../train/sample.ts";
import type { Split } from "../../train/surroundings.ts";
import { type FileNote, notesOf } from "../notes.ts";

export interface ImageFlags {
  readonly data: readonly string[];
  readonly val?: string;
  readonly format?: Format;
  readonly valImages?: number;
}

/** Logits of another network, by the ids of images. */
export type LogitsReader = (id: string) => Promise<GivenLogits>;

/** The images to train on and those to validate by. */
export interface Images extends Readonly<Record<Split, readonly Item[]>> {
  readonly name: string;
  readonly classes: readonly string[];
  readonly palette: readonly Color[];
}

/**
 * Opens `--data DIR`, split train (`DIR@SPLIT`, or several: the union of what they name), and for validation `--val`, else the
 * data's own split val.
 * @throws UsageError, FormatError
 */
export async function openImages({ data, val, format, valImages }: ImageFlags): Promise<Images> {
  const opened = await openUnion(data, [], { format });
  const own = data.length === 1 && opened.splits.has("train");
  const train = own ? [...opened.splits.get("train")!] : itemsOf({ dataset: opened });
  const validation =
    val === undefined ? ownValidation(own ? opened : undefined) : await namedValidation(val, format, opened);
  if (train.length === 0) {
    throw new UsageError({
      where: "--data",
      expected: "images to train on",
      got: `none in ${opened.name}`,
      remedy: "name a folder or split with images",
    });
  }
  const { classes, palette } = opened;
  return { name: basename(data[0]!), classes, palette, train, val: spread(validation, valImages ?? validation.length) };
}

const ownValidation = (dataset: Dataset | undefined): Item[] => [...(dataset?.splits.get("val") ?? [])];

async function namedValidation(words: string, format: Format | undefined, { classes }: Dataset): Promise<Item[]> {
  const part = await openPart(words, { format });
  if (part.dataset.classes.join("\n") === classes.join("\n")) return itemsOf(part);
  throw new UsageError({
    where: "--val",
    expected: `the ${classes.length} classes of the training data`,
    got: `${part.dataset.classes.length} others`,
  });
}

/**
 * Reads an image with its labels, and logits where there are some.
 * @throws FormatError where a file is missing or damaged, sizes differ, or every pixel is ignored
 */
export async function readSample(item: Item, logits?: LogitsReader): Promise<Sample & { readonly image: Photograph }> {
  const image = await decodeImage(await item.imageBytes(), item.image);
  const { height, width, labels } = await item.labels();
  if (image.height !== height || image.width !== width) {
    throw new FormatError({
      file: item.source,
      expected: `labels of the image's ${image.width} × ${image.height} pixels`,
      got: `${width} × ${height}`,
      remedy: sizeRemedy(image, { height, width }, scaleRemedy),
    });
  }
  if (labels.every((label) => label === ignoreLabel)) {
    throw new FormatError({
      file: item.source,
      expected: "labels to learn from or to score by",
      got: `${ignoreLabel} (ignored) on every pixel`,
      remedy: "leave the image out of the list",
    });
  }
  return { id: item.id, image, labels, logits: await logits?.(item.id) };
}

/**
 * Reads every file once and returns what is to be said of images and masks.
 * @throws FormatError with the first that is wrong, and how many are; ValueError where nothing can be learned from all of them
 */
export async function checkImages(
  { name, classes, palette, train, val }: Images,
  done: () => void,
): Promise<readonly FileNote[]> {
  const splits = new Map(Object.entries({ train, val }));
  const { problems, notes, findings } = await checkDataset({ name, classes, palette, splits }, done);
  if (problems.length === 0) {
    refuse(findings);
    return [...notes, ...notesOf(findings)];
  }
  const [{ file, offset, expected, got, remedy }, ...more] = problems as [Problem, ...Problem[]];
  if (more.length === 0) throw new FormatError({ file, offset, expected, got, remedy });
  const others = `${more.length} more ${more.length === 1 ? "image" : "images"} with problems, which crf-rnn data lists`;
  throw new FormatError({ file, offset, expected, got: `${got}, and ${others}`, remedy });
}
