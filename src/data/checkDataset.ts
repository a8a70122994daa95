import { checkCensus, checkPalette } from "../diagnosis/census.ts";
import type { Finding } from "../diagnosis/finding.ts";
import { checkGuide } from "../diagnosis/guide.ts";
import { FormatError } from "../errors.ts";
import { itemsOf, type Dataset, type Item } from "./dataset.ts";
import { decodeImage } from "./images.ts";
import { countLabels, ignoreLabel } from "./labels.ts";
import { sizeRemedy } from "./orientation.ts";
import { vocPalette } from "./palette.ts";

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
  /** What is suspect in the data: classes that never occur, masks of 0 and 255, palettes that contradict the classes. */
  readonly findings: readonly Finding[];
}

/** The color bandwidth θβ of the paper, by which the colors of photographs are judged. */
const usualColor = 3;

/** What reading an item once told, besides problems. */
interface Told {
  readonly notes: Note[];
  readonly findings: Finding[];
}

/**
 * Reads every image and label map of a data set once and tells what is wrong: missing, unreadable or malformed files, labels
 * outside the classes, sizes that differ, labels that are all ignored. What is merely suspect is in the result's `findings`. `done`
 * is called after each item.
 */
export async function checkDataset(dataset: Dataset, done: () => void = () => {}): Promise<Census> {
  const problems: Problem[] = [];
  const told: Told = { notes: [], findings: [] };
  const occurring = new Map<string, ReadonlySet<number>>();
  const pixels = new Float64Array(256);
  const images = new Float64Array(256);
  const items = itemsOf({ dataset });
  for (const item of items) {
    const report = (file: string, problem: string): unknown => problems.push({ id: item.id, file, problem });
    const counts = await checkItem(item, dataset, report, told);
    counts?.forEach((count, label) => {
      pixels[label]! += count;
      images[label]! += Math.min(count, 1);
    });
    if (counts) occurring.set(item.id, new Set(labelsIn(counts)));
    done();
  }
  const total = pixels.reduce((sum, count) => sum + count, 0);
  const counted = total - pixels[ignoreLabel]!;
  const splits = Object.fromEntries(
    [...dataset.splits].map(([name, members]) => {
      return [name, new Set(members.flatMap(({ id }) => [...(occurring.get(id) ?? [])]))];
    }),
  );
  const { name: file, classes: names } = dataset;
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
    notes: told.notes,
    findings: [...checkCensus({ file, names, pixels, splits }), ...told.findings],
  };
}

/** The labels that occur. */
const labelsIn = (counts: Float64Array): number[] => [...counts.keys()].filter((label) => counts[label]! > 0);

/** Pixels of each label, or undefined after a problem was reported; `told` gets what is to be said of the item. */
async function checkItem(
  item: Item,
  { classes: names, palette }: Dataset,
  report: (file: string, problem: string) => void,
  { notes, findings }: Told,
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
  findings.push(...checkGuide({ file: item.image, values: image.values, color: usualColor }));
  if (map.palette) {
    const colors = { own: map.palette, classes: palette, usual: vocPalette() };
    findings.push(...checkPalette({ file: item.source, labels: labelsIn(counts), names, ...colors }));
  }
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
