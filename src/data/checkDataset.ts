import { checkCensus, checkPalette } from "../diagnosis/census.ts";
import type { Finding } from "../diagnosis/finding.ts";
import { checkGuide } from "../diagnosis/guide.ts";
import { checkStrays } from "../diagnosis/labels.ts";
import { FormatError } from "../errors.ts";
import { itemsOf, type Dataset, type Item } from "./dataset.ts";
import { decodeImage } from "./images.ts";
import { countLabels, ignoreLabel } from "./labels.ts";
import { scaleRemedy, sizeRemedy } from "./orientation.ts";
import { vocPalette } from "./palette.ts";

/** Something wrong with one item. */
export interface Problem {
  readonly id: string;
  /** The absolute path of the faulty file. */
  readonly file: string;
  /** What is wrong, and what mends it, in words. */
  readonly problem: string;
  /** The same in parts, as errors have them; `offset` in bytes, where it is known. */
  readonly offset?: number;
  readonly expected: string;
  readonly got: string;
  readonly remedy?: string;
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
    const report: Report = (file, facts, problem) => void problems.push({ id: item.id, file, problem, ...facts });
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

/** Takes what is wrong with a file, in parts and in words. */
type Report = (file: string, facts: Omit<Problem, "id" | "file" | "problem">, problem: string) => void;

/** The labels that occur. */
const labelsIn = (counts: Float64Array): number[] => [...counts.keys()].filter((label) => counts[label]! > 0);

/** Pixels of each label, or undefined after a problem was reported; `told` gets what is to be said of the item. */
async function checkItem(
  item: Item,
  { classes: names, palette }: Dataset,
  report: Report,
  { notes, findings }: Told,
): Promise<Float64Array | undefined> {
  const image = await attempt(async () => decodeImage(await item.imageBytes(), item.image), report);
  const map = await attempt(() => item.labels(), report);
  image?.notes.forEach((note) => notes.push({ id: item.id, file: item.image, note }));
  if (!image || !map) return undefined;
  if (image.height !== map.height || image.width !== map.width) {
    const got = `${map.width} × ${map.height} labels for an image of ${image.width} × ${image.height}`;
    const remedy = sizeRemedy(image, map, scaleRemedy);
    report(item.source, { expected: "labels of the image's size", got, remedy }, `${got}: ${remedy}`);
    return undefined;
  }
  const counts = countLabels(map.labels);
  findings.push(...checkGuide({ file: item.image, values: image.values, color: usualColor }));
  if (map.palette) {
    const colors = { own: map.palette, classes: palette, usual: vocPalette() };
    findings.push(...checkPalette({ file: item.source, labels: labelsIn(counts), names, ...colors }));
  }
  const stray = checkStrays({ file: item.source, height: map.height, width: map.width, values: map.labels });
  if (stray) findings.push(blurred(stray));
  if (counts[ignoreLabel]! < map.labels.length) return counts;
  const [expected, got] = ["labels to learn from or to score by", `every pixel is ignored (${ignoreLabel})`];
  const remedy = "label some pixels, or leave the image out";
  report(item.source, { expected, got, remedy }, `${got}: nothing to learn from or to score`);
  return undefined;
}

/** What is said of a mask whose numbers are all classes, though edges alone have some; the same of each, so that many are told as one. */
function blurred({ code, severity: _, file, expected, likely }: Finding): Finding {
  const seen = "classes that occur along edges alone, never in an area of 2 × 2 pixels";
  const remedy = "make the masks anew: scale them to the nearest pixel, and save them as PNG from the first";
  return { code, severity: "warning", file, expected, seen, likely, remedy };
}

async function attempt<T>(read: () => Promise<T>, report: Report): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { file, offset, expected, got, remedy } = error;
    const at = offset === undefined ? "" : `at byte ${offset}: `;
    report(
      file,
      { offset, expected, got, remedy },
      `${at}expected ${expected}, got ${got}${remedy ? ` — ${remedy}` : ""}`,
    );
    return undefined;
  }
}
