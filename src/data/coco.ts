import * as valibot from "valibot";
import { Budget } from "../budget.ts";
import { FormatError } from "../errors.ts";
import { createItem, type Dataset, type Item } from "./dataset.ts";
import type { Folder } from "./folder.ts";
import { formatPath, parseJson, wholeNumber, type Json } from "./json.ts";
import { maximumPixels, type LabelMap } from "./labels.ts";
import { isId } from "./lists.ts";
import { vocPalette } from "./palette.ts";
import { describe } from "../quote.ts";
import { areaOf, checkRuns, decodeRuns, paintRuns, rasterize, type Runs, type RunsPlace } from "./runs.ts";
import { vocClasses } from "./vocClasses.ts";

/**
 * How many bytes of memory the values of annotations may take for each byte of the file. A split of COCO is 332 MB of
 * numbers; each takes at least two bytes with its comma and becomes eight to sixteen.
 */
const mostPerByte = 24;

/** Pixels that the instances of one image may cover in all, or four times the image: each is painted one by one. */
const freePainting = 2 ** 26;

/** COCO's names for VOC's classes where the names differ. */
const cocoNames = new Map([
  ["airplane", "aeroplane"],
  ["motorcycle", "motorbike"],
  ["couch", "sofa"],
  ["tv", "tvmonitor"],
]);

const id = wholeNumber(0);
const side = wholeNumber(1, maximumPixels);

const schema = valibot.object({
  images: valibot.array(valibot.object({ id, file_name: valibot.string(), height: side, width: side })),
  annotations: valibot.array(valibot.object({ image_id: id, category_id: id, segmentation: valibot.unknown() })),
  categories: valibot.array(valibot.object({ id, name: valibot.string() })),
});

type Instances = valibot.InferOutput<typeof schema>;

interface Instance {
  readonly label: number;
  readonly segmentation: unknown;
  /** The instance's position in the file, for errors. */
  readonly path: readonly (string | number)[];
}

/** One image with its instances of VOC's classes, in the order of the file. */
interface Picture {
  readonly file: string;
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly instances: Instance[];
  readonly json: Pick<Json<Instances>, "locate" | "wrong">;
  /** The budget for rasterizing the file's outlines. */
  readonly outlines: Budget;
}

export interface CocoOptions {
  /** The folder of the images, if they are not in the data set's folder. */
  readonly images?: Folder;
  /** Splits to read, `train2014` for one; all by default. The annotations of a split are some hundred megabytes. */
  readonly splits?: readonly string[];
  /** Images with fewer pixels of VOC's classes are left out: 200, as in the paper. */
  readonly minimumPixels?: number;
}

/**
 * Opens COCO's instances (Lin and others 2014) with VOC's 21 classes: one split NAME for each
 * `annotations/instances_NAME.json`, images in `NAME/`, `images/NAME/` or `images/`. Other categories are background. A pixel
 * in several instances keeps the first one's class in the order of the file: none is published. Crowds count as their class.
 * There is no void.
 * @throws FormatError where annotations are missing or malformed
 */
export async function openCoco(folder: Folder, options: CocoOptions = {}): Promise<Dataset> {
  const { minimumPixels = 200, images = folder } = options;
  const splits = new Map<string, readonly Item[]>();
  for (const name of await folder.list("annotations")) {
    const split = /^instances_([\w-]+)\.json$/.exec(name)?.[1];
    if (split === undefined || (options.splits && !options.splits.includes(split))) continue;
    const file = folder.join(`annotations/${name}`, folder.path);
    const bytes = await folder.read(file);
    const pictures = groupInstances(parseJson(bytes, file, schema, mostPerByte), file, bytes.length);
    const place = await imagePlace(images, split);
    const chosen = pictures.filter((picture) => hasPixels(picture, minimumPixels));
    splits.set(
      split,
      chosen.map((picture) => createCocoItem(picture, images, place)),
    );
  }
  if (splits.size === 0) {
    throw new FormatError({
      file: folder.join("annotations", folder.path),
      expected: `instances_${options.splits?.[0] ?? "NAME"}.json`,
      got: "no such file",
      remedy: "fetch COCO's instance annotations",
    });
  }
  return { name: folder.path, classes: vocClasses, palette: vocPalette(), splits };
}

/** The label map of one image, `[height, width]`. */
function paint(picture: Picture): LabelMap {
  const { height, width, file, name } = picture;
  const labels = new Uint8Array(height * width);
  const mostPainted = Math.max(freePainting, 4 * labels.length);
  let painted = 0;
  for (const instance of picture.instances) {
    for (const runs of readRuns(instance, picture)) {
      painted += areaOf(runs);
      if (painted > mostPainted) {
        const expected = `instances of ${name} that cover at most ${mostPainted} pixels in all`;
        throw new FormatError({ file, expected, got: "more", remedy: "do not trust the file" });
      }
      paintRuns(runs, height, width, (offset) => {
        if (labels[offset] === 0) labels[offset] = instance.label;
      });
    }
  }
  return { height, width, labels };
}

function* readRuns({ segmentation, path }: Instance, picture: Picture): Generator<Runs> {
  const { file, height, width, json, outlines } = picture;
  const placeOf = (...last: (string | number)[]): RunsPlace => {
    const at = [...path, "segmentation", ...last];
    return { file, path: formatPath(at), height, width, outlines, offset: () => json.locate(at) };
  };
  if (Array.isArray(segmentation) && segmentation.length > 0) {
    for (const [i, polygon] of segmentation.entries()) yield rasterize(polygon, placeOf(i));
    return;
  }
  const { size, counts } = (segmentation ?? {}) as { size?: unknown; counts?: unknown };
  if (!Array.isArray(size) || size.length !== 2 || size[0] !== height || size[1] !== width) {
    const expected = `polygons, or runs of size [${height}, ${width}]`;
    throw json.wrong([...path, "segmentation"], expected, describe(size ?? segmentation));
  }
  if (typeof counts === "string") yield decodeRuns(counts, placeOf("counts"));
  else if (Array.isArray(counts)) yield checkRuns(counts, placeOf("counts"));
  else throw json.wrong([...path, "segmentation", "counts"], "a list or a string", describe(counts));
}

/**
 * Tells whether an image has this many labeled pixels. One large instance decides without painting, as in most images.
 */
function hasPixels(picture: Picture, minimum: number): boolean {
  let [largest, total] = [0, 0];
  // All of them are read, so that a fault in any is found when the data set is opened.
  for (const instance of picture.instances) {
    for (const runs of readRuns(instance, picture)) {
      largest = Math.max(largest, areaOf(runs));
      total += areaOf(runs);
    }
  }
  if (minimum <= 0 || largest >= minimum) return true;
  if (total < minimum) return false;
  return paint(picture).labels.reduce((count, label) => count + Math.min(label, 1), 0) >= minimum;
}

function groupInstances({ value, ...json }: Json<Instances>, file: string, size: number): Picture[] {
  const outlines = new Budget(
    file,
    size,
    Infinity,
    (most) => `outlines of at most ${Math.floor(most / 5)} pixels in all`,
  );
  const { images, annotations, categories } = value;
  const wrong = (path: (string | number)[], expected: string, got: unknown) =>
    json.wrong(path, expected, describe(got));
  const labels = new Map<number, number>();
  for (const [i, { id, name }] of categories.entries()) {
    if (labels.has(id)) throw wrong(["categories", i, "id"], "each once", id);
    labels.set(id, vocClasses.indexOf(cocoNames.get(name) ?? name.replaceAll(" ", "")));
  }
  const pictures = new Map<number, Picture>();
  const names = new Set<string>();
  images.forEach(({ id, file_name: name, height, width }, i) => {
    if (!isId(name) || names.has(name)) throw wrong(["images", i, "file_name"], "a file name, each once", name);
    if (pictures.has(id)) throw wrong(["images", i, "id"], "each once", id);
    if (height * width > maximumPixels) throw wrong(["images", i], `at most ${maximumPixels} pixels`, [height, width]);
    names.add(name);
    pictures.set(id, { file, name, height, width, instances: [], json, outlines });
  });
  annotations.forEach(({ image_id, category_id, segmentation }, i) => {
    const label = labels.get(category_id);
    const picture = pictures.get(image_id);
    if (label === undefined) throw wrong(["annotations", i, "category_id"], "a listed category", category_id);
    if (!picture) throw wrong(["annotations", i, "image_id"], "a listed image", image_id);
    if (label > 0) picture.instances.push({ label, segmentation, path: ["annotations", i] });
  });
  return [...pictures.values()];
}

async function imagePlace(images: Folder, split: string): Promise<string> {
  for (const parts of [[split], ["images", split], ["images"]])
    if (await images.has(...parts)) return `${parts.join("/")}/`;
  return "";
}

function createCocoItem(picture: Picture, imageFolder: Folder, place: string): Item {
  return createItem({
    id: picture.name.replace(/\.\w+$/, ""),
    image: imageFolder.join(`${place}${picture.name}`, picture.file),
    imageFolder,
    source: picture.file,
    classes: vocClasses.length,
    labels: async () => paint(picture),
  });
}
