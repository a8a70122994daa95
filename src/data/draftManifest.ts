import { FormatError } from "../errors.ts";
import { labelsFile, readClassNames } from "./classNames.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { pairsOf, splitsOf } from "./imagesAndMasks.ts";
import { ignoreLabel } from "./labels.ts";
import { isNpy, numbersOfArray } from "./masks.ts";
import { type Color, vocPalette } from "./palette.ts";
import { decodeMask, type Mask } from "./png.ts";

/** What `manifest.json` holds: see `openManifest`. */
export interface DraftManifest {
  readonly void: typeof ignoreLabel;
  readonly classes: readonly {
    readonly id: number;
    readonly name: string;
    readonly rgb: Color;
    readonly value?: number;
  }[];
  readonly splits: Readonly<Record<string, number>>;
  readonly items: readonly {
    readonly id: string;
    readonly image: string;
    readonly mask: string;
    readonly split: string;
    readonly width: number;
    readonly height: number;
  }[];
}

/** Colors or numbers that occur in masks, with their pixels. */
interface Seen {
  readonly numbers: Map<number, number>;
  /** As numbers of 24 bits. */
  readonly colors: Map<number, number>;
  palette: readonly Color[] | undefined;
}

/** More colors than that are no classes, but edges that were smoothed, or photographs. */
const mostColors = 64;

/**
 * Drafts a manifest for `images/` and `masks/`, whose files are matched by name, as `openImagesAndMasks` reads them: the classes are the numbers or
 * colors that occur in the masks, 255 being void unless it is one of two, their names those of `labels.txt` where it is there.
 * @throws FormatError for images without masks and masks without images, damaged masks, and masks of too many colors
 */
export async function draftManifest(folder: Folder): Promise<DraftManifest> {
  const pairs = await pairsOf(folder);
  const seen: Seen = { numbers: new Map(), colors: new Map(), palette: undefined };
  const sizes = new Map<string, { readonly width: number; readonly height: number }>();
  for (const [id, { mask }] of pairs) {
    const bytes = await folder.read(mask, maximumLabelBytes);
    const { width, height } = isNpy(bytes) ? ofArray(bytes, mask, seen) : ofPng(decodeMask(bytes, mask), mask, seen);
    sizes.set(id, { width, height });
  }
  if (seen.numbers.size > 0 && seen.colors.size > 0) {
    const remedy = "save all masks in one way";
    throw new FormatError({ file: folder.path, expected: "masks in color, or of numbers", got: "both", remedy });
  }
  const names = (await folder.has(labelsFile)) ? await readClassNames(folder) : [];
  const splits = await splitsOf(folder, [...pairs.keys()]);
  const relative = (file: string): string => file.slice(folder.path.length + 1).replaceAll("\\", "/");
  const items = [...splits].flatMap(([split, ids]) =>
    ids.map((id) => {
      const { image, mask } = pairs.get(id)!;
      return { id, image: relative(image), mask: relative(mask), split, ...sizes.get(id)! };
    }),
  );
  const counts = Object.fromEntries([...splits].map(([split, ids]) => [split, ids.length]));
  return { void: ignoreLabel, classes: classesOf(folder, seen, names), splits: counts, items };
}

const count = (counts: Map<number, number>, key: number): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

function ofArray(bytes: Uint8Array, file: string, { numbers }: Seen) {
  const { width, height, values } = numbersOfArray(bytes, file);
  for (const value of values) count(numbers, value);
  return { width, height };
}

function ofPng({ width, height, channels, samples, palette, depth }: Mask, file: string, seen: Seen) {
  if (channels < 3) {
    if (depth > 8) throw new FormatError({ file, expected: "a mask of at most 8 bits", got: `${depth}` });
    seen.palette ??= palette;
    for (let at = 0; at < samples.length; at += channels) count(seen.numbers, samples[at]!);
    return { width, height };
  }
  for (let at = 0; at < samples.length; at += channels) {
    count(seen.colors, (samples[at]! << 16) | (samples[at + 1]! << 8) | samples[at + 2]!);
  }
  if (seen.colors.size <= mostColors) return { width, height };
  throw new FormatError({
    file,
    expected: `masks of ${mostColors} colors at most`,
    got: `${seen.colors.size}`,
    remedy: "save masks without smoothing, as PNG; they may have been JPEGs once",
  });
}

function classesOf(
  folder: Folder,
  { numbers, colors, palette }: Seen,
  names: readonly string[],
): DraftManifest["classes"] {
  const nameOf = (id: number): string => names[id] ?? `class-${id}`;
  if (colors.size > 0) {
    // The most frequent is the ground, as a rule; what has VOC's color of the void is void.
    const void24 = keyOf(vocPalette()[ignoreLabel]!);
    const found = [...colors.keys()]
      .filter((key) => key !== void24)
      .sort((a, b) => colors.get(b)! - colors.get(a)! || a - b);
    return found.map((key, id) => ({ id, name: nameOf(id), rgb: [key >> 16, (key >> 8) & 255, key & 255] }));
  }
  const sorted = [...numbers.keys()].sort((a, b) => a - b);
  const stray = sorted.find((value) => !Number.isInteger(value) || value < 0 || value > ignoreLabel);
  if (stray !== undefined) {
    throw new FormatError({ file: folder.path, expected: "masks of whole numbers 0…255", got: `${stray}` });
  }
  // Masks of 0 and 255 have two classes; otherwise 255 is void.
  const two = sorted.length === 2 && sorted.includes(ignoreLabel);
  const values = sorted.filter((value) => two || value !== ignoreLabel);
  const highest = Math.max(...values, names.length - 1);
  const listed = values.every((value) => value < ignoreLabel) && highest < Math.max(names.length, 2 * values.length);
  const usual = vocPalette();
  // Numbers with few gaps are classes themselves, some of which these masks lack; others get ids of their own.
  if (listed) {
    return Array.from({ length: highest + 1 }, (_, id) => ({ id, name: nameOf(id), rgb: palette?.[id] ?? usual[id]! }));
  }
  return values.map((value, id) => ({ id, name: nameOf(id), rgb: palette?.[value] ?? usual[id]!, value }));
}

const keyOf = ([red, green, blue]: Color): number => (red << 16) | (green << 8) | blue;
