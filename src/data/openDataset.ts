import { FormatError, UsageError } from "../errors.ts";
import { openCoco } from "./coco.ts";
import { openContext } from "./context.ts";
import { itemsOf, unite, type Dataset, type Part } from "./dataset.ts";
import { filesOf } from "./files.ts";
import { Folder } from "./folder.ts";
import { openImagesAndMasks } from "./imagesAndMasks.ts";
import { parseList } from "./lists.ts";
import { openManifest } from "./manifest.ts";
import { openSbd } from "./sbd.ts";
import { openVoc } from "./voc.ts";

export const formats = ["manifest", "voc", "sbd", "coco", "context", "folder"] as const;
export type Format = (typeof formats)[number];

export interface OpenDatasetOptions {
  /** The format of the folder. By default it is recognized by the folder's files. */
  readonly format?: Format;
  /** COCO: the splits to read (default all). */
  readonly splits?: readonly string[];
  /**
   * The folder of the photographs, if they are not in the data set's folder (COCO; for Pascal Context the folder of VOC
   * 2010).
   */
  readonly images?: string;
  /** COCO: images with fewer pixels of VOC's classes are left out; 200 as in the paper. */
  readonly minimumPixels?: number;
}

/** A folder has a format if it contains all of these files. */
const signs: Record<Format, readonly string[]> = {
  manifest: ["manifest.json"],
  voc: ["SegmentationClass", "ImageSets"],
  sbd: ["cls", "img"],
  coco: ["annotations"],
  context: ["labels.txt", "trainval"],
  folder: ["images", "masks"],
};

/** Folders that published archives wrap around their data. */
const wrappers: Partial<Record<Format, readonly (readonly string[])[]>> = {
  voc: ["2012", "2011", "2010"].flatMap((year) => [
    [`VOC${year}`],
    ["VOCdevkit", `VOC${year}`],
    ["TrainVal", "VOCdevkit", `VOC${year}`],
  ]),
  sbd: [["dataset"], ["benchmark_RELEASE", "dataset"]],
};

/**
 * Opens a folder with one of the published data sets, or one with a `manifest.json`.
 * @throws UsageError where the folder is missing or of no known format; FormatError where its lists are malformed
 */
export async function openDataset(path: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const { format, folder } = await recognize(await Folder.open(path), options.format);
  const images = options.images === undefined ? undefined : await Folder.open(options.images);
  switch (format) {
    case "manifest":
      return openManifest(folder);
    case "voc":
      return openVoc(folder);
    case "sbd":
      return openSbd(folder);
    case "coco":
      return openCoco(folder, { ...options, images });
    case "context":
      return openContext(folder, images);
    case "folder":
      return openImagesAndMasks(folder);
  }
}

/**
 * Opens what `DIR` or `DIR@SPLIT,…` names. A split is a name, or the path of a list `NAME.txt` of ids in the data set.
 * @throws UsageError or FormatError as `openDataset` does, and for a split that is not there
 */
export async function openPart(words: string, options: OpenDatasetOptions = {}): Promise<Part> {
  const at = (await exists(words)) ? -1 : words.lastIndexOf("@");
  if (at < 0) return { dataset: await openDataset(words, options) };
  const splits = words.slice(at + 1).split(",");
  const named = splits.filter((split) => !split.endsWith(".txt"));
  const dataset = await openDataset(words.slice(0, at), {
    ...options,
    splits: named.length === splits.length ? named : undefined,
  });
  if (named.length === splits.length) itemsOf({ dataset, splits });
  const lists = new Map(dataset.splits);
  for (const split of splits) if (split.endsWith(".txt")) lists.set(split, await pick(dataset, split));
  return { dataset: { ...dataset, splits: lists }, splits };
}

/**
 * The union of parts without the ids of others, each as `openPart` has it; what is taken away may also be a list `NAME.txt`.
 * @throws UsageError or FormatError as `openPart` and `unite` do
 */
export async function openUnion(
  parts: readonly string[],
  without: readonly string[] = [],
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const removed = new Set<string>();
  for (const words of without) for (const id of await readIds(words, options)) removed.add(id);
  const opened: Part[] = [];
  for (const words of parts) opened.push(await openPart(words, options));
  const [first] = opened;
  if (opened.length === 1 && removed.size === 0 && !first!.splits) return first!.dataset;
  return unite(parts.map((words) => filesOf(words).basename(words)).join(" + "), opened, removed);
}

async function readIds(words: string, options: OpenDatasetOptions): Promise<string[]> {
  if (!words.includes("@") && words.endsWith(".txt")) return readList(words);
  // Which images have too few pixels does not matter here: all of them are taken away.
  return itemsOf(await openPart(words, { ...options, minimumPixels: 0 })).map(({ id }) => id);
}

async function readList(path: string): Promise<string[]> {
  const folder = await Folder.open(path.replace(/[^\\/]*$/, "") || ".");
  const file = folder.join(filesOf(path).basename(path), path);
  return parseList(await folder.read(file), file);
}

async function pick(dataset: Dataset, list: string) {
  const known = new Map(itemsOf({ dataset }).map((item) => [item.id, item]));
  return (await readList(list)).map((id) => {
    const item = known.get(id);
    if (item) return item;
    throw new FormatError({ file: list, expected: `ids of ${dataset.name}`, got: id, remedy: "correct the list" });
  });
}

async function recognize(folder: Folder, wanted: Format | undefined): Promise<{ format: Format; folder: Folder }> {
  for (const format of wanted ? [wanted] : formats) {
    for (const parts of [[], ...(wrappers[format] ?? [])]) {
      const found = await Promise.all(signs[format].map((sign) => folder.has(...parts, sign)));
      if (found.every(Boolean))
        return { format, folder: parts.length ? await Folder.open(folder.join(parts.join("/"), "")) : folder };
    }
  }
  const kinds = (wanted ? [wanted] : formats).map((format) => `${format} (${signs[format].join(", ")})`);
  throw new UsageError({
    where: folder.path,
    expected: `a data set: ${kinds.join("; ")}`,
    got: "a folder without these",
    remedy: "name the folder that holds them",
  });
}

const exists = async (path: string): Promise<boolean> =>
  filesOf(path)
    .stat(path)
    .then(
      () => true,
      () => false,
    );
