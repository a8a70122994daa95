import { UsageError } from "../errors.ts";
import { enumerate, quote } from "../quote.ts";
import type { Folder } from "./folder.ts";
import { checkLabels } from "./labels.ts";
import type { Color } from "./palette.ts";
import type { Annotation } from "./png.ts";

/** One image of a data set with its ground truth. */
export interface Item {
  readonly id: string;
  /** The image file, absolute. */
  readonly image: string;
  /** The absolute path of the file that holds the labels, for messages. */
  readonly source: string;
  /**
   * Reads the labels from the file at each call, and with them the file's palette where it has one.
   * @throws FormatError where the file is missing or malformed, or a label is neither a class nor 255
   */
  labels(): Promise<Annotation>;
  /**
   * Reads the image file, for `decodeImage`.
   * @throws FormatError where it is missing or leads out of the data set's folder
   */
  imageBytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Images with ground truth, in named splits. Opening reads lists and annotations; images and labels are read when asked for. */
export interface Dataset {
  readonly name: string;
  /** Class names; the index is the label. */
  readonly classes: readonly string[];
  /** The color of each label, 256 of them. */
  readonly palette: readonly Color[];
  readonly splits: ReadonlyMap<string, readonly Item[]>;
}

/** A data set, or some splits of it, as one part of a union. */
export interface Part {
  readonly dataset: Dataset;
  /** All splits where not given. */
  readonly splits?: readonly string[];
}

/**
 * The images of some splits, each once, in the order of the splits.
 * @throws UsageError for a split that is not there
 */
export function itemsOf({ dataset, splits }: Part): Item[] {
  const items = new Map<string, Item>();
  for (const split of splits ?? dataset.splits.keys()) {
    const members = dataset.splits.get(split);
    if (!members) {
      throw new UsageError({
        where: dataset.name,
        expected: `one of the splits ${enumerate([...dataset.splits.keys()], 20)}`,
        got: quote(split),
      });
    }
    for (const item of members) if (!items.has(item.id)) items.set(item.id, item);
  }
  return [...items.values()];
}

/**
 * Makes one set of several, with one split `name`. Each id occurs once, with the labels of the first part that has it,
 * and the ids of `without` are left out. The paper's training set is `unite("train", [voc train, sbd train and val])`
 * with 11,685 images; its reduced validation set is `unite("val", [voc val], ids of that training set)` with 346
 * images.
 * @throws UsageError where the parts' classes differ
 */
export function unite(name: string, parts: readonly Part[], without: ReadonlySet<string> = new Set()): Dataset {
  const [first] = parts;
  if (!first) throw new UsageError({ where: `union ${name}`, expected: "a data set or more", got: "none" });
  const items = new Map<string, Item>();
  for (const part of parts) {
    if (part.dataset.classes.join("\n") !== first.dataset.classes.join("\n")) {
      throw new UsageError({
        where: `union ${name}`,
        expected: `the ${first.dataset.classes.length} classes of ${first.dataset.name}`,
        got: `the ${part.dataset.classes.length} of ${part.dataset.name}`,
        remedy: "unite data sets of the same classes",
      });
    }
    for (const item of itemsOf(part)) if (!without.has(item.id) && !items.has(item.id)) items.set(item.id, item);
  }
  const { classes, palette } = first.dataset;
  return { name, classes, palette, splits: new Map([[name, [...items.values()]]]) };
}

/**
 * What a reader passes to `createItem`: paths made by `Folder.join`, and a function that turns the label file into
 * labels.
 */
export interface ItemFiles {
  readonly id: string;
  readonly image: string;
  readonly imageFolder: Folder;
  readonly source: string;
  readonly classes: number;
  labels(): Promise<Annotation>;
}

/** An item whose labels are checked against the classes whenever they are read. */
export function createItem({ id, image, imageFolder, source, classes, labels }: ItemFiles): Item {
  return {
    id,
    image,
    source,
    imageBytes: () => imageFolder.read(image),
    labels: async () => {
      const map = await labels();
      checkLabels(map, classes, source);
      return map;
    },
  };
}
