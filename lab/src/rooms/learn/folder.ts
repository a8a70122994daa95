import { decodeLabelPng } from "crf-rnn/data";
import type { FileAt, Picture, Pictures } from "./run.ts";

/** More would not fit into a page's memory with all else. */
const mostPictures = 400;
/** Every so manieth picture is kept apart where nobody says which. */
const apart = 5;
const ignored = 255;

const imageFolders = ["images", "image", "img", "imgs", "photos", "jpegimages"];
const maskFolders = ["masks", "mask", "labels", "label", "annotations", "segmentationclass", "gt"];

/** What is learned from: a photograph, its label map, and which split it is in, if that is known. */
interface Pair {
  readonly id: string;
  readonly image: FileAt;
  readonly mask: FileAt;
  readonly split?: string;
}

interface Found {
  readonly pairs: readonly Pair[];
  /** Known by a manifest; by the labels alone otherwise. */
  readonly classes?: readonly string[];
}

/** Sentences about what does not fit; those of one kind become one. */
class Notes {
  readonly #kinds = new Map<string, string[]>();

  /** `about`: what is told of, such as a file; `sentence`: what is so with it, said of one and of many. */
  add(sentence: string, about: string): void {
    this.#kinds.set(sentence, [...(this.#kinds.get(sentence) ?? []), about]);
  }

  get sentences(): string[] {
    return [...this.#kinds].map(([sentence, about]) => {
      const named = about.slice(0, 3).join(", ");
      const rest = about.length > 3 ? ` and ${about.length - 3} more` : "";
      return about[0] === "" ? sentence : `${sentence}: ${named}${rest}.`;
    });
  }
}

/**
 * Reads photographs and label maps of a folder: by its `manifest.json`, or matched by name from `images/` and `masks/`. They are
 * made so small that the longer side has `size` pixels at most.
 * @throws Error with a sentence where nothing in it can be learned from
 */
export async function readFolder(
  name: string,
  files: readonly FileAt[],
  size: number,
): Promise<{ readonly pictures: Pictures; readonly notes: readonly string[] }> {
  const notes = new Notes();
  const seen = files.filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  const manifest = shallowest(seen.filter(({ path }) => baseOf(path) === "manifest.json"));
  const { pairs, classes } = manifest ? await byManifest(manifest, seen, notes) : byName(name, seen, notes);
  const used = pairs.slice(0, mostPictures);
  if (used.length < pairs.length) notes.add(`Only the first ${mostPictures} of ${pairs.length} pictures are used.`, "");
  const read: { readonly picture: Picture; readonly split?: string }[] = [];
  for (const pair of used) {
    const picture = await readPair(pair, size, notes);
    if (picture) read.push({ picture, split: pair.split });
  }
  const fit = fitted(read, classes, notes);
  if (fit.read.length === 0) {
    throw new Error(`${name}: none of its pictures can be learned from. ${notes.sentences.slice(0, 3).join(" ")}`);
  }
  return { pictures: { classes: fit.classes, ...splitUp(fit.read, notes) }, notes: notes.sentences };
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const stemOf = (path: string): string => baseOf(path).replace(/\.[^.]*$/, "");
const depthOf = (path: string): number => path.split("/").length;
const shallowest = (files: readonly FileAt[]): FileAt | undefined =>
  [...files].sort((one, other) => depthOf(one.path) - depthOf(other.path))[0];

/** Names that the command line takes, too. */
const idOf = (stem: string): string =>
  stem
    .replace(/[^A-Za-z0-9_.-]/g, "_")
    .replace(/^\./, "_")
    .slice(0, 200);

interface Manifest {
  readonly classes?: readonly { readonly name?: unknown }[];
  readonly items?: readonly { readonly [Key in "id" | "image" | "mask" | "split"]?: unknown }[];
}

async function byManifest(manifest: FileAt, files: readonly FileAt[], notes: Notes): Promise<Found> {
  const { path } = manifest;
  const json = await manifest.file.text().then(
    (text) => JSON.parse(text) as Manifest | null,
    () => undefined,
  );
  const classes = Array.isArray(json?.classes)
    ? (json.classes as NonNullable<Manifest["classes"]>).map(({ name }) => String(name ?? ""))
    : [];
  if (!json || !Array.isArray(json.items) || classes.length === 0 || classes.includes("")) {
    throw new Error(
      `${path}: expected JSON with “classes”, each with a name, and “items” with id, image, mask and split; it is something else.`,
    );
  }
  const root = folderOf(path);
  const at = new Map(files.map((one) => [one.path, one]));
  const find = (relative: unknown): FileAt | undefined =>
    at.get(root === "" ? String(relative) : `${root}/${String(relative)}`);
  const pairs = (json.items as NonNullable<Manifest["items"]>).flatMap((item): Pair[] => {
    const [id, image, mask] = [String(item.id ?? ""), find(item.image), find(item.mask)];
    if (!image || !mask) {
      notes.add("Named by the manifest, but not in the folder", String((image ? item.mask : item.image) ?? id));
      return [];
    }
    return [{ id: idOf(id || stemOf(image.path)), image, mask, split: String(item.split ?? "train") }];
  });
  return { pairs, classes };
}

function byName(name: string, files: readonly FileAt[], notes: Notes): Found {
  const within = (folders: readonly string[]): FileAt[] =>
    files.filter(({ path }) => folders.includes(baseOf(folderOf(path)).toLowerCase()));
  const [images, masks] = [within(imageFolders), within(maskFolders)];
  if (images.length === 0 || masks.length === 0) {
    const lacking = images.length === 0 ? (masks.length === 0 ? "neither" : "no images/") : "no masks/";
    throw new Error(
      `${name}: expected a manifest.json, or photographs in images/ and label maps of the same names in masks/; there is ${lacking}.`,
    );
  }
  const maskAt = new Map(masks.map((one) => [stemOf(one.path), one]));
  const sorted = [...images].sort((one, other) => (one.path < other.path ? -1 : 1));
  const ids = new Set<string>();
  const pairs = sorted.flatMap((image): Pair[] => {
    const stem = stemOf(image.path);
    const mask = maskAt.get(stem);
    if (!mask) {
      notes.add("Photographs without a label map of the same name, left out", baseOf(image.path));
      return [];
    }
    maskAt.delete(stem);
    const id = idOf(stem);
    if (ids.has(id)) {
      notes.add("A second photograph of the same name, left out", baseOf(image.path));
      return [];
    }
    ids.add(id);
    return [{ id, image, mask }];
  });
  for (const mask of maskAt.values()) {
    notes.add("Label maps without a photograph of the same name, left out", baseOf(mask.path));
  }
  return { pairs };
}

async function readPair({ id, image, mask }: Pair, size: number, notes: Notes): Promise<Picture | undefined> {
  const bitmap = await createImageBitmap(image.file).catch(() => undefined);
  if (!bitmap) {
    notes.add("Files that this browser cannot read as a picture, left out", image.path);
    return undefined;
  }
  try {
    const map = decodeLabelPng(new Uint8Array(await mask.file.arrayBuffer()), mask.path);
    if (map.height !== bitmap.height || map.width !== bitmap.width) {
      const sizes = `${mask.path} (${map.width} × ${map.height} beside ${bitmap.width} × ${bitmap.height})`;
      notes.add("Label maps of another size than their photograph, left out", sizes);
      return undefined;
    }
    return shrunk(id, bitmap, map, size);
  } catch (error) {
    notes.add(`${(error as Error).message.replace(/\.?$/, ".")} It is left out.`, "");
    return undefined;
  } finally {
    bitmap.close();
  }
}

/** Photographs are averaged; labels are taken, since there is nothing between two classes. */
function shrunk(
  id: string,
  bitmap: ImageBitmap,
  map: { readonly height: number; readonly width: number; readonly labels: Uint8Array },
  size: number,
): Picture {
  const factor = Math.min(1, size / Math.max(map.height, map.width));
  const [height, width] = [Math.max(1, Math.round(map.height * factor)), Math.max(1, Math.round(map.width * factor))];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(height * width * 3);
  const labels = new Uint8Array(height * width);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    for (let k = 0; k < 3; k++) rgb[pixel * 3 + k] = data[pixel * 4 + k]!;
    const row = Math.floor((Math.floor(pixel / width) + 0.5) * (map.height / height));
    const column = Math.floor(((pixel % width) + 0.5) * (map.width / width));
    labels[pixel] = map.labels[row * map.width + column]!;
  }
  return { id, height, width, rgb, labels };
}

type Read = readonly { readonly picture: Picture; readonly split?: string }[];

/** The classes, and those pictures that have them. */
function fitted(read: Read, named: readonly string[] | undefined, notes: Notes) {
  const present = new Set<number>();
  for (const { picture } of read) for (const label of picture.labels) present.add(label);
  // The commonest masks there are: 0 for the ground and 255 for the thing.
  const binary = !named && present.size === 2 && present.has(0) && present.has(ignored);
  if (binary) notes.add("The label maps have 0 and 255 alone, so 255 is taken for the second class.", "");
  const classes = named ?? (binary ? ["ground", "thing"] : namesUpTo(present));
  const kept = read.flatMap(({ picture, split }) => {
    const labels = binary ? picture.labels.map((label) => Number(label === ignored)) : picture.labels;
    const stray = labels.find((label) => label >= classes.length && label !== ignored);
    if (stray !== undefined) {
      notes.add(
        `Label maps with a class beyond the ${classes.length} of the manifest, left out`,
        `${picture.id} (${stray})`,
      );
      return [];
    }
    if (labels.every((label) => label === ignored)) {
      notes.add("Pictures on which every pixel is ignored (255), left out", picture.id);
      return [];
    }
    return [{ picture: { ...picture, labels }, split }];
  });
  return { read: kept, classes };
}

function namesUpTo(present: ReadonlySet<number>): string[] {
  const most = Math.max(0, ...[...present].filter((label) => label !== ignored));
  return Array.from({ length: Math.max(2, most + 1) }, (_, label) => (label === 0 ? "ground" : `class ${label}`));
}

function splitUp(read: Read, notes: Notes): Pick<Pictures, "train" | "val"> {
  const of = (wanted: string): Picture[] => read.filter(({ split }) => split === wanted).map(({ picture }) => picture);
  if (read.some(({ split }) => split !== undefined)) {
    const [train, val] = [of("train"), of("val")];
    const others = read.length - train.length - val.length;
    if (others > 0) notes.add(`${others} pictures are in other splits than train and val, and left out.`, "");
    if (train.length === 0) throw new Error("The manifest has no picture in the split train, from which to learn.");
    if (val.length > 0) return { train, val };
    return apartOf(train);
  }
  return apartOf(read.map(({ picture }) => picture));
}

function apartOf(pictures: readonly Picture[]): Pick<Pictures, "train" | "val"> {
  if (pictures.length === 1) return { train: pictures, val: pictures };
  const isApart = (index: number): boolean => index % apart === Math.min(apart, pictures.length) - 1;
  return {
    train: pictures.filter((_, index) => !isApart(index)),
    val: pictures.filter((_, index) => isApart(index)),
  };
}
