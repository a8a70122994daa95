import { FormatError } from "../errors.ts";
import { quote } from "../quote.ts";
import { readClassNames, labelsFile } from "./classNames.ts";
import { createItem, type Dataset, type Item } from "./dataset.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { isId } from "./lists.ts";
import { decodeLabels } from "./masks.ts";
import { vocPalette } from "./palette.ts";
import { readSplits, vocColors } from "./voc.ts";

/** Where nothing says which images to validate by, it is each fifth, in the order of names. */
const fifth = 5;

/**
 * Opens `images/NAME.jpg` (or another ending of photographs) with `masks/NAME.png` (or `.npy`), and `labels.txt`: the names of the classes, one a line, the
 * first being label 0. The splits are those of `train.txt`, `val.txt` and other lists of names; where there is none, each fifth image is in
 * `val` and the others in `train`.
 * @throws FormatError where `labels.txt` is missing, an image has no mask or a mask no image, and for two of one name
 */
export async function openImagesAndMasks(folder: Folder): Promise<Dataset> {
  const classes = await readClassNames(folder);
  const pairs = await pairsOf(folder);
  const colors = vocColors(classes.length);
  const items = new Map(
    [...pairs].map(([id, { image, mask: source }]): [string, Item] => {
      const labels = async () => decodeLabels(await folder.read(source, maximumLabelBytes), source, { colors });
      return [id, createItem({ id, image, imageFolder: folder, source, classes: classes.length, labels })];
    }),
  );
  const splits = [...(await splitsOf(folder, [...pairs.keys()]))].map(
    ([split, ids]) => [split, ids.map((id) => items.get(id)!)] as const,
  );
  return { name: folder.path, classes, palette: vocPalette(), splits: new Map(splits) };
}

/** The files of an image and its mask, by their name without ending. @throws FormatError where one has not the other, and for two of one name */
export async function pairsOf(folder: Folder): Promise<Map<string, { readonly image: string; readonly mask: string }>> {
  const images = await byName(folder, "images", /\.(?:jpe?g|png|webp|tiff?|npy)$/i);
  const masks = await byName(folder, "masks", /\.(?:png|npy)$/i);
  for (const [here, there, of] of [
    [images, masks, "masks"],
    [masks, images, "images"],
  ] as const) {
    const [id, file] = [...here].find(([name]) => !there.has(name)) ?? [];
    if (id === undefined) continue;
    const kind = of === "masks" ? "a mask" : "an image";
    throw new FormatError({ file: file!, expected: `${kind} ${of}/${id}.…`, got: "none of this name" });
  }
  return new Map([...images].map(([id, image]) => [id, { image, mask: masks.get(id)! }]));
}

/** The ids of each split, by the folder's lists or by turns. @throws FormatError for a list of what is not there */
export async function splitsOf(folder: Folder, ids: readonly string[]): Promise<Map<string, readonly string[]>> {
  const isList = (name: string): boolean => name.endsWith(".txt") && name !== labelsFile;
  if (!(await folder.list()).some(isList)) return byTurns(ids);
  const known = new Set(ids);
  const check = (id: string): string => {
    if (known.has(id)) return id;
    throw new FormatError({ file: folder.path, expected: "lists of images that are there", got: quote(id) });
  };
  return readSplits(folder, [], check, isList);
}

/** The files in a folder by their names without endings, in the order of names. */
async function byName(folder: Folder, place: string, ending: RegExp): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of await folder.list(place)) {
    if (!ending.test(name) || name.startsWith(".")) continue;
    const file = folder.join(`${place}/${name}`, folder.path);
    const id = name.replace(ending, "");
    if (!isId(id)) {
      const expected = "a name of letters, digits, '_', '-' and '.'";
      throw new FormatError({ file, expected, got: quote(name), remedy: "rename the file" });
    }
    const other = files.get(id);
    if (other !== undefined) {
      throw new FormatError({ file, expected: "one file of this name", got: `${other} as well`, remedy: "remove one" });
    }
    files.set(id, file);
  }
  return files;
}

function byTurns(items: readonly string[]): Map<string, readonly string[]> {
  const isVal = (index: number): boolean => index % fifth === fifth - 1;
  return new Map([
    ["train", items.filter((_, index) => !isVal(index))],
    ["val", items.filter((_, index) => isVal(index))],
  ]);
}
