import { describe, expect, test } from "vitest";
import { draftManifest } from "../../src/data/draftManifest.ts";
import { itemsOf } from "../../src/data/dataset.ts";
import { Folder } from "../../src/data/folder.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openDataset } from "../../src/data/openDataset.ts";
import { vocPalette } from "../../src/data/palette.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { Tree } from "./trees.ts";

const photo = encodeRgbPng(1, 4, new Uint8Array(12));
const mask = (...labels: readonly number[]): Uint8Array =>
  encodeLabelPng({ height: 1, width: 4, labels: Uint8Array.from(labels) });

/** A folder with these masks, and a photograph for each. */
function tree(masks: Readonly<Record<string, Uint8Array>>): Tree {
  const made = new Tree();
  for (const [name, bytes] of Object.entries(masks)) {
    made.write(`images/${name.replace(/\..*/, "")}.png`, photo);
    made.write(`masks/${name}`, bytes);
  }
  return made;
}

/** The draft, and the labels of the first image where it is opened by it. */
async function drafted(made: Tree) {
  const manifest = await draftManifest(await Folder.open(made.path));
  made.write("manifest.json", JSON.stringify(manifest));
  const [first] = itemsOf({ dataset: await openDataset(made.path, { format: "manifest" }) });
  return { ...manifest, labels: [...(await first!.labels()).labels] };
}

const voc = vocPalette();

describe("a manifest that is drafted", () => {
  test("has the numbers of the masks for classes, names of labels.txt, and 255 for void", async () => {
    using made = tree({ "a.png": mask(0, 1, 255, 2), "b.png": mask(0, 0, 0, 0) });
    made.write("labels.txt", "sky\nroof\n");
    const { classes, items, splits, labels } = await drafted(made);
    expect(classes).toEqual([
      { id: 0, name: "sky", rgb: voc[0] },
      { id: 1, name: "roof", rgb: voc[1] },
      { id: 2, name: "class-2", rgb: voc[2] },
    ]);
    expect(items[0]).toEqual({
      id: "a",
      image: "images/a.png",
      mask: "masks/a.png",
      split: "train",
      width: 4,
      height: 1,
    });
    expect(splits).toEqual({ train: 2, val: 0 });
    expect(labels).toEqual([0, 1, 255, 2]);
  });

  test("gives masks of 0 and 255 two classes, and other numbers with gaps ids of their own", async () => {
    using two = tree({ "a.png": mask(0, 255, 255, 0) });
    expect(await drafted(two)).toMatchObject({
      classes: [
        { id: 0, value: 0 },
        { id: 1, value: 255 },
      ],
      labels: [0, 1, 1, 0],
    });
    using gaps = tree({ "a.npy": encodeNpy({ shape: [1, 4], data: Int32Array.of(0, 64, 128, 255) }) });
    const { classes, labels } = await drafted(gaps);
    expect(classes.map(({ value }) => value)).toEqual([0, 64, 128]);
    expect(labels).toEqual([0, 1, 2, 255]);
  });

  test("takes colors for classes, the most frequent first, VOC's beige for void", async () => {
    const colors = Uint8Array.of(9, 9, 9, 9, 9, 9, 200, 0, 0, 224, 224, 192);
    using made = tree({ "a.png": encodeRgbPng(1, 4, colors) });
    const { classes, labels } = await drafted(made);
    expect(classes.map(({ rgb }) => rgb)).toEqual([
      [9, 9, 9],
      [200, 0, 0],
    ]);
    expect(labels).toEqual([0, 0, 1, 255]);
  });

  test("follows the lists of the folder", async () => {
    using made = tree({ "a.png": mask(0, 1, 1, 0), "b.png": mask(0, 0, 1, 1) });
    made.write("train.txt", "b\n").write("test.txt", "a\n");
    expect(await drafted(made)).toMatchObject({ splits: { train: 1, test: 1 } });
  });

  test("is refused for smoothed masks, for masks of two kinds, and for images without masks", async () => {
    const smooth = Uint8Array.from({ length: 3 * 100 }, (_, i) => (i * 37) % 251);
    using many = tree({ "a.png": encodeRgbPng(1, 100, smooth) });
    await expect(drafted(many)).rejects.toThrow(/masks of 64 colors at most, got \d+/);
    using both = tree({ "a.png": mask(0, 1, 0, 1), "b.png": encodeRgbPng(1, 4, new Uint8Array(12)) });
    await expect(drafted(both)).rejects.toThrow(/masks in color, or of numbers, got both/);
    using alone = tree({ "a.png": mask(0, 1, 0, 1) });
    alone.write("images/b.png", photo);
    await expect(drafted(alone)).rejects.toThrow(/b\.png: expected a mask masks\/b\.…/);
  });
});
