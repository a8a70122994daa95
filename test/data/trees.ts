import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { encodeLabelPng } from "../../src/data/png.ts";
import { writeMat } from "./matWriter.ts";

/** Height and width of every image made here. */
export const height = 5;
export const width = 6;

/** A data set's folder, made by a test and gone when it ends with `using`. */
export class Tree implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "crf-rnn-data-"));

  write(name: string, contents: Uint8Array | string | object): this {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    const raw = typeof contents === "string" || contents instanceof Uint8Array;
    writeFileSync(path, raw ? contents : JSON.stringify(contents));
    return this;
  }

  file(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Labels of 30 pixels: `label` in the upper half, background below, the last pixel void where asked. */
export function halves(label: number, lastVoid = false): Uint8Array<ArrayBuffer> {
  const labels = Uint8Array.from({ length: height * width }, (_, i) => (i < 15 ? label : 0));
  if (lastVoid) labels[29] = 255;
  return labels;
}

export const mask = (labels: Uint8Array<ArrayBuffer>): Uint8Array => encodeLabelPng({ height, width, labels });

export function photo(kind: "jpeg" | "png" = "jpeg", size = { width, height }): Promise<Uint8Array> {
  return sharp({ create: { ...size, channels: 3, background: "#336699" } })
    .toFormat(kind)
    .toBuffer();
}

/** VOC: train a, b; val c, d; mask labels 1 to 4. */
export async function writeVoc(tree: Tree, at = ""): Promise<void> {
  for (const [i, id] of ["2007_a", "2007_b", "2007_c", "2007_d"].entries()) {
    tree
      .write(`${at}JPEGImages/${id}.jpg`, await photo())
      .write(`${at}SegmentationClass/${id}.png`, mask(halves(i + 1, true)));
  }
  const lists = `${at}ImageSets/Segmentation`;
  tree.write(`${lists}/train.txt`, "2007_a\n2007_b\n").write(`${lists}/val.txt`, "2007_c\r\n2007_d\r\n");
  tree.write(`${lists}/trainval.txt`, "2007_a\n2007_b\n2007_c\n2007_d\n");
}

/** SBD: train b, c; val e; labels 11, 12, 13. */
export async function writeSbd(tree: Tree, at = ""): Promise<void> {
  for (const [i, id] of ["2007_b", "2007_c", "2008_e"].entries()) {
    const matrix = { rows: height, columns: width, values: [...halves(11 + i)], store: "uint8" as const };
    const present = { rows: 1, columns: 1, values: [11 + i], store: "double" as const };
    const bytes = writeMat(
      { GTcls: { fields: { Segmentation: matrix, CategoriesPresent: present } } },
      { compress: i > 0 },
    );
    tree.write(`${at}img/${id}.jpg`, await photo()).write(`${at}cls/${id}.mat`, bytes);
  }
  tree.write(`${at}train.txt`, "2007_b\n2007_c\n").write(`${at}val.txt`, "2008_e\n");
}

/** COCO: image 1 has a large person under a larger dog, 2 a cup only, 3 a crowd, 4 a cat of two pixels. */
export const instances = {
  images: [1, 2, 3, 4].map((id) => ({ id, file_name: `COCO_train2014_00000000000${id}.jpg`, height, width })),
  categories: [
    { id: 1, name: "person" },
    { id: 5, name: "airplane" },
    { id: 17, name: "cat" },
    { id: 18, name: "dog" },
    { id: 47, name: "cup" },
    { id: 63, name: "couch" },
    { id: 67, name: "dining table" },
  ],
  annotations: [
    { image_id: 1, category_id: 1, iscrowd: 0, segmentation: [[0, 0, 3, 0, 3, 5, 0, 5]] },
    {
      image_id: 1,
      category_id: 18,
      iscrowd: 0,
      segmentation: [
        [1, 0, 6, 0, 6, 2, 1, 2],
        [4, 3, 6, 3, 6, 5, 4, 5],
      ],
    },
    { image_id: 2, category_id: 47, iscrowd: 0, segmentation: [[0, 0, 6, 0, 6, 5, 0, 5]] },
    { image_id: 3, category_id: 67, iscrowd: 1, segmentation: { size: [height, width], counts: [5, 10, 15] } },
    { image_id: 4, category_id: 17, iscrowd: 0, segmentation: { size: [height, width], counts: "32i0" } },
  ],
};

export async function writeCoco(tree: Tree, annotations: object = instances): Promise<void> {
  tree.write("annotations/instances_train2014.json", annotations);
  for (const { file_name } of instances.images) tree.write(`train2014/${file_name}`, await photo());
}

/** Pascal Context: 459 labels, of which 1 is "table", 2 "dog", 3 "unknown" and 60 … 116 the other 57 classes. */
export const publishedNames = (task: readonly string[]): string[] => {
  const rest = task.filter((name) => name !== "table" && name !== "dog");
  return Array.from({ length: 459 }, (_, i) => ["table", "dog", "unknown"][i] ?? rest[i - 59] ?? `thing ${i}`);
};

export async function writeContext(tree: Tree, task: readonly string[]): Promise<void> {
  const lines = publishedNames(task).map((name, i) => `${i + 1}: ${name}\n`);
  tree.write("labels.txt", lines.join(""));
  for (const [id, label] of [
    ["2008_a", 1],
    ["2008_b", 459],
  ] as const) {
    const values = Array.from(halves(1), (half, i) => (half ? label : i % 2 ? 2 : 0));
    tree.write(`trainval/${id}.mat`, writeMat({ LabelMap: { rows: height, columns: width, values, store: "uint16" } }));
    tree.write(`VOC2010/JPEGImages/${id}.jpg`, await photo());
  }
  tree.write("VOC2010/ImageSets/Main/train.txt", "2008_a\n").write("VOC2010/ImageSets/Main/val.txt", "2008_b\n");
  tree.write("VOC2010/ImageSets/Main/cat_train.txt", "2008_a -1\n");
}

export const manifest = {
  name: "made by a test",
  void: 255,
  classes: [
    { id: 0, name: "sky", rgb: [1, 2, 3] },
    { id: 1, name: "road", rgb: [4, 5, 6] },
  ],
  splits: { train: 2, val: 1 },
  items: ["a", "b", "c"].map((id, i) => ({
    id,
    image: `images/${id}.png`,
    mask: `masks/${id}.png`,
    split: i < 2 ? "train" : "val",
    width,
    height,
  })),
};

export async function writeManifest(tree: Tree, contents: object = manifest): Promise<void> {
  tree.write("manifest.json", contents);
  for (const { image, mask: path } of manifest.items)
    tree.write(image, await photo("png")).write(path, mask(halves(1, true)));
}
