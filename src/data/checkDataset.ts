import { FormatError } from "../errors.ts";
import { itemsOf, type Dataset, type Item } from "./dataset.ts";
import { decodeImage } from "./images.ts";
import { countLabels, ignoreLabel } from "./labels.ts";
import { sizeRemedy } from "./orientation.ts";

/** Something wrong with one item. */
export interface Problem {
  readonly id: string;
  /** The absolute path of the faulty file. */
  readonly file: string;
  readonly problem: string;
}

/** Something to know of one item's image, with which nothing is wrong. */
export interface Note {
  readonly id: string;
  /** The image file, absolute. */
  readonly file: string;
  readonly note: string;
}

/** How often one class occurs in a data set. */
export interface ClassCount {
  readonly label: number;
  readonly name: string;
  readonly pixels: number;
  /** The class's share of the pixels that are not ignored. */
  readonly share: number;
  /** Images in which it occurs. */
  readonly images: number;
}

/** The result of `checkDataset`. Counts cover only the items without problems. */
export interface Census {
  /** Items of each split. */
  readonly splits: Readonly<Record<string, number>>;
  /** Items, each once, however many splits have it. */
  readonly items: number;
  readonly pixels: number;
  readonly ignoredPixels: number;
  readonly classes: readonly ClassCount[];
  readonly problems: readonly Problem[];
  /** Notes from reading the images, such as that one was turned as its EXIF orientation says. */
  readonly notes: readonly Note[];
}

/**
 * Reads every image and label map of a data set once and tells what is wrong: missing, unreadable or malformed files, labels
 * outside the classes, sizes that differ, labels that are all ignored. `done` is called after each item.
 */
export async function checkDataset(dataset: Dataset, done: () => void = () => {}): Promise<Census> {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const pixels = new Float64Array(256);
  const images = new Float64Array(256);
  const items = itemsOf({ dataset });
  for (const item of items) {
    const counts = await checkItem(item, (file, problem) => problems.push({ id: item.id, file, problem }), notes);
    counts?.forEach((count, label) => {
      pixels[label]! += count;
      images[label]! += Math.min(count, 1);
    });
    done();
  }
  const total = pixels.reduce((sum, count) => sum + count, 0);
  const counted = total - pixels[ignoreLabel]!;
  return {
    splits: Object.fromEntries([...dataset.splits].map(([name, members]) => [name, members.length])),
    items: items.length,
    pixels: total,
    ignoredPixels: pixels[ignoreLabel]!,
    classes: dataset.classes.map((name, label) => ({
      label,
      name,
      pixels: pixels[label]!,
      share: counted > 0 ? pixels[label]! / counted : 0,
      images: images[label]!,
    })),
    problems,
    notes,
  };
}

/** Pixels of each label, or undefined after a problem was reported; `notes` gets what is to be said of the image. */
async function checkItem(
  item: Item,
  report: (file: string, problem: string) => void,
  notes: Note[],
): Promise<Float64Array | undefined> {
  const image = await attempt(async () => decodeImage(await item.imageBytes(), item.image), report);
  const map = await attempt(() => item.labels(), report);
  image?.notes.forEach((note) => notes.push({ id: item.id, file: item.image, note }));
  if (!image || !map) return undefined;
  if (image.height !== map.height || image.width !== map.width) {
    const sizes = `${map.width} × ${map.height} labels for an image of ${image.width} × ${image.height}`;
    report(item.source, `${sizes}: ${sizeRemedy(image, map, "scale one to the other's size")}`);
    return undefined;
  }
  const counts = countLabels(map.labels);
  if (counts[ignoreLabel]! < map.labels.length) return counts;
  report(item.source, "every pixel is ignored (255): nothing to learn from or to score");
  return undefined;
}

async function attempt<T>(
  read: () => Promise<T>,
  report: (file: string, problem: string) => void,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const at = error.offset === undefined ? "" : `at byte ${error.offset}: `;
    report(error.file, `${at}expected ${error.expected}, got ${error.got}${error.remedy ? ` — ${error.remedy}` : ""}`);
    return undefined;
  }
}
