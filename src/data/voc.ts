import { FormatError } from "../errors.ts";
import { labelsFile, readClassNames } from "./classNames.ts";
import { createItem, type Dataset, type Item } from "./dataset.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { parseList } from "./lists.ts";
import { decodeLabels } from "./masks.ts";
import { type Color, vocPalette } from "./palette.ts";
import { vocClasses } from "./vocClasses.ts";

/**
 * Opens PASCAL VOC's segmentation task of any year (Everingham and others 2010): `JPEGImages/ID.jpg`, palette PNGs
 * `SegmentationClass/ID.png` whose index is the class and 255 the border, or PNGs in VOC's colors, and one split for each list in
 * `ImageSets/Segmentation`. Where a folder of that shape has other classes, `labels.txt` in it names them (see `readClassNames`). A list of an earlier year, put there, is one more split: later years keep the images of earlier ones.
 * @throws FormatError where there is no list, or one is malformed
 */
export async function openVoc(folder: Folder): Promise<Dataset> {
  // Beside `trainval`, the file is Pascal Context's, put into VOC's folder.
  const own = (await folder.has(labelsFile)) && !(await folder.has("trainval"));
  const classes = own ? await readClassNames(folder) : vocClasses;
  const colors = vocColors(classes.length);
  const createVocItem = (id: string): Item => {
    const source = folder.join(`SegmentationClass/${id}.png`, id);
    return createItem({
      id,
      image: folder.join(`JPEGImages/${id}.jpg`, id),
      imageFolder: folder,
      source,
      classes: classes.length,
      labels: async () => decodeLabels(await folder.read(source, maximumLabelBytes), source, { colors }),
    });
  };
  const splits = await readSplits(folder, ["ImageSets", "Segmentation"], createVocItem);
  return { name: folder.path, classes, palette: vocPalette(), splits };
}

/** The colors of so many classes, as VOC gives them, and of its border. */
export function vocColors(classes: number): Color[] {
  const palette = vocPalette();
  const colors = palette.slice(0, classes);
  colors[255] = palette[255]!;
  return colors;
}

/**
 * Reads the lists of ids in a folder, one split a list `NAME.txt`. An id has one item, however many splits have it.
 * @throws FormatError where there is no list, or one is malformed
 */
export async function readSplits<Made = Item>(
  folder: Folder,
  lists: readonly string[],
  create: (id: string) => Made,
  isList: (name: string) => boolean = (name) => name.endsWith(".txt"),
): Promise<Map<string, readonly Made[]>> {
  const items = new Map<string, Made>();
  const splits = new Map<string, readonly Made[]>();
  const place = lists.join("/");
  for (const name of (await folder.list(...lists)).filter(isList)) {
    const path = folder.join(place === "" ? name : `${place}/${name}`, folder.path);
    const ids = parseList(await folder.read(path, maximumLabelBytes), path);
    for (const id of ids) if (!items.has(id)) items.set(id, create(id));
    splits.set(
      name.replace(/\.txt$/, ""),
      ids.map((id) => items.get(id)!),
    );
  }
  if (splits.size > 0) return splits;
  throw new FormatError({
    file: folder.join(place === "" ? "train.txt" : `${place}/train.txt`, folder.path),
    expected: "a list of image ids",
    got: "none",
    remedy: "fetch the lists of the data set",
  });
}
