import { Budget, costs } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { createItem, type Dataset } from "./dataset.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import type { LabelMap } from "./labels.ts";
import { linesOf } from "./lists.ts";
import { readMat } from "./mat.ts";
import { vocPalette } from "./palette.ts";
import { quote } from "../quote.ts";
import { readSplits } from "./voc.ts";

/** The 59 classes of the published task, used where the folder has no `59_labels.txt`; their label is the index + 1. */
const taskNames = [
  "aeroplane bicycle bird boat bottle bus car cat chair cow table dog horse motorbike person pottedplant sheep sofa train",
  "tvmonitor bag bed bench book building cabinet ceiling cloth computer cup door fence floor flower food grass ground",
  "keyboard light mountain mouse curtain platform sign plate road rock shelves sidewalk sky snow bedclothes track tree",
  "truck wall water window wood",
].flatMap((line) => line.split(" "));

/** Names that the list of 59 and the list of 459 spell differently, as published: [in the 59, in the 459]. */
const spellings = new Map([
  ["diningtable", "table"],
  ["bedcloth", "bedclothes"],
  ["clothes", "cloth"],
]);

/**
 * Opens PASCAL Context (Mottaghi and others 2014), 59 classes and background: `trainval/ID.mat` with `LabelMap` of 459
 * labels, `labels.txt` ("N: name") that names them, and `59_labels.txt` where it is there. Whatever is not among the 59 is
 * background. The photographs and, unless `train.txt` and `val.txt` lie in the folder, the splits (`ImageSets/Main`) are
 * those of VOC 2010: the folder `voc`, by default `VOC2010` inside, or the folder itself.
 * @throws FormatError where a list is missing or malformed, or a class is not among the 459 names
 */
export async function openContext(folder: Folder, voc?: Folder): Promise<Dataset> {
  const names = folder.join("labels.txt", folder.path);
  const published = parseNames(await folder.read(names, maximumLabelBytes), names);
  const task = (await folder.has("59_labels.txt")) ? await readTask(folder) : taskNames;
  const classOf = mapLabels(published, task, names);
  const imageFolder = voc ?? folder;
  const inside = !voc && (await folder.has("VOC2010")) ? "VOC2010/" : "";
  const create = (id: string) => {
    const source = folder.join(`trainval/${id}.mat`, id);
    return createItem({
      id,
      image: imageFolder.join(`${inside}JPEGImages/${id}.jpg`, id),
      imageFolder,
      source,
      classes: task.length + 1,
      labels: async () => toClasses(await folder.read(source, maximumLabelBytes), source, classOf),
    });
  };
  const isSplit = (name: string): boolean => ["train.txt", "val.txt", "trainval.txt"].includes(name);
  const own = await folder.has("train.txt");
  const main = [...inside.split("/").filter(Boolean), "ImageSets", "Main"];
  const splits = await readSplits(own ? folder : imageFolder, own ? [] : main, create, isSplit);
  return { name: folder.path, classes: ["background", ...task], palette: vocPalette(), splits };
}

/**
 * Reads "N: name" lines, numbered from 1 without gaps; spaces in a name do not count.
 * @throws FormatError at the byte of a line of another form
 */
export function parseNames(bytes: Uint8Array, file: string): string[] {
  const names: string[] = [];
  const budget = new Budget(file, bytes.length);
  for (const { text, offset } of linesOf(bytes)) {
    budget.spend(costs.object, offset);
    const [, number, name = ""] = /^\s*(\d{1,6})\s*:\s*([^:]{1,200})$/.exec(text) ?? [];
    if (Number(number) !== names.length + 1) {
      const expected = `'${names.length + 1}: name'`;
      throw new FormatError({ file, offset, expected, got: quote(text), remedy: "fetch the file again" });
    }
    names.push(name.replaceAll(" ", ""));
  }
  return names;
}

async function readTask(folder: Folder): Promise<string[]> {
  const file = folder.join("59_labels.txt", folder.path);
  const task = parseNames(await folder.read(file, maximumLabelBytes), file);
  if (task.length === 0 || task.length > 254) {
    throw new FormatError({
      file,
      expected: "1 to 254 classes",
      got: `${task.length}`,
      remedy: "fetch the file again",
    });
  }
  return task;
}

/** The class of each published label; label 0 and labels of no class are background. */
function mapLabels(published: readonly string[], task: readonly string[], file: string): Uint8Array {
  const classOf = new Uint8Array(published.length + 1);
  task.forEach((name, i) => {
    const label = [name, spellings.get(name)]
      .map((spelling) => published.indexOf(spelling ?? ""))
      .find((at) => at >= 0);
    if (label === undefined)
      throw new FormatError({ file, expected: `a label ${quote(name)}`, got: `${published.length} others` });
    classOf[label + 1] = i + 1;
  });
  return classOf;
}

function toClasses(bytes: Uint8Array, file: string, classOf: Uint8Array): LabelMap {
  const { rows, columns, values } = readMat(bytes, file, ["LabelMap"]);
  const stray = values.findIndex((value) => value >= classOf.length);
  if (stray >= 0) {
    throw new FormatError({
      file,
      expected: `labels 0…${classOf.length - 1}, as labels.txt names them`,
      got: `label ${values[stray]} at row ${Math.floor(stray / columns)}, column ${stray % columns}`,
    });
  }
  return { height: rows, width: columns, labels: Uint8Array.from(values, (value) => classOf[value]!) };
}
