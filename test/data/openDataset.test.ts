import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { encode } from "fast-png";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { openCoco } from "../../src/data/coco.ts";
import { itemsOf, unite, type Dataset } from "../../src/data/dataset.ts";
import { Folder } from "../../src/data/folder.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { openDataset, openPart, openUnion } from "../../src/data/openDataset.ts";
import { vocPalette } from "../../src/data/palette.ts";
import { vocClasses } from "../../src/data/vocClasses.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import { fences, type Snippet } from "../snippets/extract.ts";
import {
  halves,
  height,
  instances,
  manifest,
  mask,
  photo,
  publishedNames,
  Tree,
  width,
  writeCoco,
  writeContext,
  writeManifest,
  writeSbd,
  writeVoc,
} from "./trees.ts";

const idsOf = (dataset: Dataset, ...splits: string[]): string[] =>
  itemsOf({ dataset, splits: splits.length ? splits : undefined }).map(({ id }) => id);

const labelsOf = async (dataset: Dataset, id: string): Promise<number[]> => {
  const map = await itemsOf({ dataset })
    .find((item) => item.id === id)!
    .labels();
  expect([map.height, map.width]).toEqual([height, width]);
  return [...map.labels];
};

describe("VOC", () => {
  test.each(["", "VOC2012/", "VOCdevkit/VOC2011/"])(
    "opens lists, photographs and palette masks in '%s'",
    async (at) => {
      using tree = new Tree();
      await writeVoc(tree, at);
      const dataset = await openDataset(tree.path);
      expect([...dataset.splits.keys()]).toEqual(["train", "trainval", "val"]);
      expect(idsOf(dataset, "val")).toEqual(["2007_c", "2007_d"]);
      expect(idsOf(dataset)).toHaveLength(4);
      expect(dataset.classes).toHaveLength(21);
      expect(await labelsOf(dataset, "2007_d")).toEqual([...halves(4, true)]);
      expect((await itemsOf({ dataset })[0]!.imageBytes()).slice(0, 2)).toEqual(Uint8Array.of(0xff, 0xd8));
    },
  );

  test("a list of another year is one more split", async () => {
    using tree = new Tree();
    await writeVoc(tree);
    tree.write("ImageSets/Segmentation/seg11valid.txt", "2007_c\n").write("reduced.txt", "2007_d\n2007_a\n");
    expect(idsOf(await openDataset(tree.path), "seg11valid")).toEqual(["2007_c"]);
    const part = await openPart(`${tree.path}@seg11valid,${tree.file("reduced.txt")}`);
    expect(itemsOf(part).map(({ id }) => id)).toEqual(["2007_c", "2007_d", "2007_a"]);
    tree.write("reduced.txt", "2007_x\n");
    await expect(openPart(`${tree.path}@${tree.file("reduced.txt")}`)).rejects.toThrow("got 2007_x");
  });

  test("of other classes, which labels.txt names", async () => {
    using tree = new Tree();
    await writeVoc(tree);
    tree.write("labels.txt", "__ignore__\nsky\nroof\r\nwall\n\ndoor\nwindow");
    const dataset = await openDataset(tree.path);
    expect(dataset.classes).toEqual(["sky", "roof", "wall", "door", "window"]);
    const [item] = dataset.splits.get("val")!;
    expect([...(await item!.labels()).labels]).toEqual([...halves(3, true)]);
    tree.write("labels.txt", "sky\nroof");
    const [high] = (await openDataset(tree.path)).splits.get("val")!;
    await expect(high!.labels()).rejects.toThrow(FormatError);
    tree.write("labels.txt", "sky\nsky");
    await expect(openDataset(tree.path)).rejects.toThrow(/labels\.txt: expected 1 to 255 names .*, got 'sky' again/);
    tree.write("trainval", "").write("labels.txt", "1: accordion");
    expect((await openDataset(tree.path)).classes).toEqual(vocClasses);
  });

  test("refuses labels outside the classes, with the pixel", async () => {
    using tree = new Tree();
    await writeVoc(tree);
    const labels = halves(3);
    labels[8] = 21;
    tree.write("SegmentationClass/2007_a.png", mask(labels));
    const reading = labelsOf(await openDataset(tree.path), "2007_a");
    await expect(reading).rejects.toThrow("label 21 at row 1, column 2");
  });
});

describe("images and masks without a manifest", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  async function writePairs(tree: Tree): Promise<void> {
    for (const [i, name] of names.entries()) {
      const [kind, ending] = i % 2 === 0 ? (["jpeg", "jpg"] as const) : (["png", "PNG"] as const);
      tree.write(`images/${name}.${ending}`, await photo(kind)).write(`masks/${name}.png`, mask(halves(i % 3)));
    }
    tree
      .write("labels.txt", "ground\nleaf\nTanne (Weiß)\n")
      .write("images/.hidden.png", "")
      .write("images/notes.md", "");
  }

  test("are matched by name, and each fifth is for validation", async () => {
    using tree = new Tree();
    await writePairs(tree);
    const dataset = await openDataset(tree.path);
    expect(dataset.classes).toEqual(["ground", "leaf", "Tanne (Weiß)"]);
    expect(idsOf(dataset, "train")).toEqual(["a", "b", "c", "d", "f"]);
    expect(idsOf(dataset, "val")).toEqual(["e"]);
    for (const [i, item] of itemsOf({ dataset, splits: ["train"] })
      .slice(0, 4)
      .entries()) {
      expect([...(await item.labels()).labels], item.id).toEqual([...halves(i % 3)]);
      expect((await item.imageBytes()).length).toBeGreaterThan(0);
    }
  });

  test("have the splits of lists, where there are some", async () => {
    using tree = new Tree();
    await writePairs(tree);
    tree.write("train.txt", "c\na\n").write("val.txt", "b\n").write("test.txt", "d\n");
    const dataset = await openDataset(tree.path);
    expect([...dataset.splits.keys()]).toEqual(["test", "train", "val"]);
    expect(idsOf(dataset, "train")).toEqual(["c", "a"]);
    tree.write("val.txt", "z\n");
    await expect(openDataset(tree.path)).rejects.toThrow(/expected lists of images that are there, got 'z'/);
  });

  test("are refused without names of classes, without a partner, and two of one name", async () => {
    using tree = new Tree();
    await writePairs(tree);
    const refused = (sentence: RegExp) => expect(openDataset(tree.path)).rejects.toThrow(sentence);
    tree.write("masks/g.png", mask(halves(1)));
    await refused(/masks\/g\.png: expected an image images\/g\.…, got none of this name/);
    tree.write("images/g.jpg", await photo()).write("images/h.jpg", await photo());
    await refused(/images\/h\.jpg: expected a mask masks\/h\.…, got none of this name/);
    tree.write("masks/h.png", mask(halves(1))).write("images/h.png", await photo("png"));
    await refused(/images\/h\.png: expected one file of this name, got .*images\/h\.jpg as well/);
    rmSync(tree.file("images", "h.png"));
    tree.write("images/two words.png", await photo("png"));
    await refused(/two words\.png: expected a name of letters, .* — rename the file/);
    rmSync(tree.file("images", "two words.png"));
    rmSync(tree.file("labels.txt"));
    await refused(
      /labels\.txt: expected the names of the classes, got no such file — write it: .* or let crf-rnn data --init write/,
    );
  });
});

describe("SBD", () => {
  test.each(["", "benchmark_RELEASE/dataset/"])("opens lists and .mat labels in '%s'", async (at) => {
    using tree = new Tree();
    await writeSbd(tree, at);
    const dataset = await openDataset(tree.path);
    expect([idsOf(dataset, "train"), idsOf(dataset, "val")]).toEqual([["2007_b", "2007_c"], ["2008_e"]]);
    expect(await labelsOf(dataset, "2007_b")).toEqual([...halves(11)]);
    expect(await labelsOf(dataset, "2008_e")).toEqual([...halves(13)]);
  });
});

describe("the paper's sets", () => {
  test("VOC train with SBD, VOC's labels first; and VOC val without the overlap", async () => {
    using voc = new Tree();
    using sbd = new Tree();
    await writeVoc(voc);
    await writeSbd(sbd);
    const parts = [`${voc.path}@train`, `${sbd.path}@train,val`];
    const train = await openUnion(parts);
    expect(idsOf(train)).toEqual(["2007_a", "2007_b", "2007_c", "2008_e"]);
    expect((await labelsOf(train, "2007_b"))[0]).toBe(2);
    expect((await labelsOf(train, "2007_c"))[0]).toBe(12);
    const reduced = await openUnion([`${voc.path}@val`], parts);
    expect(idsOf(reduced)).toEqual(["2007_d"]);
    voc.write("drop.txt", "2007_d\n");
    expect(idsOf(await openUnion([`${voc.path}@val`], [voc.file("drop.txt")]))).toEqual(["2007_c"]);
  });

  test("counts of the published lists: 11,685 to train on, 346 to validate on", () => {
    // Made-up ids in the published numbers: VOC has 1,464 and 1,449; SBD 11,355, of which VOC's train has 1,134 and val 1,103.
    const range = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ id: `${from + i}` }) as never);
    const dataset = (splits: Record<string, never[]>): Dataset => {
      return { name: "", classes: vocClasses, palette: [], splits: new Map(Object.entries(splits)) };
    };
    const voc = dataset({ train: range(0, 1464), val: range(1464, 2913) });
    const sbd = dataset({ train: range(330, 2567), val: range(3000, 3000 + 9118) });
    expect(idsOf(sbd)).toHaveLength(11_355);
    const train = unite("train", [{ dataset: voc, splits: ["train"] }, { dataset: sbd }]);
    expect(train.splits.get("train")).toHaveLength(11_685);
    const reduced = unite("val", [{ dataset: voc, splits: ["val"] }], new Set(idsOf(train)));
    expect(reduced.splits.get("val")).toHaveLength(346);
  });

  test("refuses to unite sets of different classes, and splits that are not there", async () => {
    using voc = new Tree();
    using other = new Tree();
    await writeVoc(voc);
    await writeManifest(other);
    await expect(openUnion([voc.path, other.path])).rejects.toThrow(UsageError);
    await expect(openPart(`${voc.path}@test`)).rejects.toThrow("one of the splits train, trainval, val, got 'test'");
    expect(() => unite("none", [])).toThrow(UsageError);
  });
});

describe("COCO", () => {
  test("paints VOC's classes in the order of the file, earlier instances on top", async () => {
    using tree = new Tree();
    await writeCoco(tree);
    const dataset = await openDataset(tree.path, { minimumPixels: 0 });
    const ids = [1, 2, 3, 4].map((n) => `COCO_train2014_00000000000${n}`);
    expect(idsOf(dataset, "train2014")).toEqual(ids);
    const [person, dog, table, cat] = ["person", "dog", "diningtable", "cat"].map((name) =>
      vocClasses.indexOf(name),
    ) as [number, number, number, number];
    // The person's three columns keep their class where the dog's two rows overlap them.
    expect(await labelsOf(dataset, ids[0]!)).toEqual([
      ...[person, person, person, dog, dog, dog],
      ...[person, person, person, dog, dog, dog],
      ...[person, person, person, 0, 0, 0],
      ...[person, person, person, 0, dog, dog],
      ...[person, person, person, 0, dog, dog],
    ]);
    expect(await labelsOf(dataset, ids[1]!)).toEqual(new Array(30).fill(0));
    // Ten pixels from the sixth on, down the columns: the second and third column.
    const crowd = (await labelsOf(dataset, ids[2]!)).map((label, i) => [label, i % 6]);
    expect(crowd.every(([label, x]) => label === (x === 1 || x === 2 ? table : 0))).toBe(true);
    expect((await labelsOf(dataset, ids[3]!)).filter((label) => label === cat)).toHaveLength(2);
  });

  test("leaves out images with fewer pixels of VOC's classes than wanted, counted without overlap", async () => {
    using tree = new Tree();
    await writeCoco(tree);
    const sizes = [0, 2, 3, 10, 11, 25, 26].map(async (minimumPixels) => {
      const dataset = await openCoco(await Folder.open(tree.path), { minimumPixels });
      return idsOf(dataset)
        .map((id) => id.at(-1))
        .join("");
    });
    // 1: 15 of the person and 10 of the dog outside (its instances alone have 14); 3: 10; 4: 2; 2: none.
    expect(await Promise.all(sizes)).toEqual(["1234", "134", "13", "13", "1", "1", ""]);
  });

  test("names what is wrong in the annotations by its byte and path", async () => {
    using tree = new Tree();
    await writeCoco(tree);
    const refused = async (change: (copy: typeof instances) => void, message: string): Promise<void> => {
      const copy = structuredClone(instances);
      change(copy);
      tree.write("annotations/instances_train2014.json", copy);
      const opening = openDataset(tree.path);
      await expect(opening).rejects.toThrow(FormatError);
      await expect(opening).rejects.toThrow(message);
      await expect(opening).rejects.toMatchObject({ offset: expect.any(Number) as unknown });
    };
    await refused((copy) => (copy.annotations[0]!.image_id = 9), "annotations[0].image_id: a listed image, got 9");
    await refused((copy) => (copy.annotations[1]!.category_id = 9), "annotations[1].category_id: a listed category");
    await refused((copy) => (copy.images[1]!.file_name = "../x.jpg"), "images[1].file_name: a file name");
    await refused((copy) => (copy.images[1]!.id = 1), "images[1].id: each once");
    await refused((copy) => (copy.images[0]!.width = 1e8), "images[0].width: a whole number");
    await refused((copy) => (copy.images[0]!.height = -1), "images[0].height: a whole number");
    await refused((copy) => (copy.annotations[0]!.segmentation = []), "annotations[0].segmentation: polygons, or runs");
    await refused(
      (copy) => (copy.annotations[3]!.segmentation = { size: [6, 5], counts: [30] }),
      "annotations[3].segmentation",
    );
    await refused((copy) => (copy.annotations[3]!.segmentation = { size: [5, 6], counts: [31] }), "add up to 5 × 6");
    await expect(openDataset(tree.path, { splits: ["val2014"] })).rejects.toThrow("instances_val2014.json");
  });
});

describe("Pascal Context", () => {
  test("maps 459 labels to 59 classes and background, with VOC 2010's photographs and lists", async () => {
    using tree = new Tree();
    const task = await taskNames();
    await writeContext(tree, task);
    const dataset = await openDataset(tree.path);
    expect(dataset.classes).toHaveLength(60);
    expect([...dataset.splits.keys()]).toEqual(["train", "val"]);
    const [table, dog] = [dataset.classes.indexOf("table"), dataset.classes.indexOf("dog")];
    expect(await labelsOf(dataset, "2008_a")).toEqual(
      Array.from(halves(1), (half, i) => (half ? table : i % 2 ? dog : 0)),
    );
    expect(await labelsOf(dataset, "2008_b")).toEqual(Array.from(halves(1), (half, i) => (half ? 0 : i % 2 ? dog : 0)));
  });

  test("takes the 59 from the folder, in the published spelling, and lists and images elsewhere", async () => {
    using tree = new Tree();
    using voc = new Tree();
    await writeContext(tree, await taskNames());
    await writeVoc(voc);
    tree.write("59_labels.txt", "1: diningtable\n2: dog\n").write("train.txt", "2008_a\n");
    const dataset = await openDataset(tree.path, { images: voc.path });
    expect(dataset.classes).toEqual(["background", "diningtable", "dog"]);
    expect((await labelsOf(dataset, "2008_a"))[0]).toBe(1);
    expect(itemsOf({ dataset })[0]!.image).toBe(voc.file("JPEGImages", "2008_a.jpg"));
    tree.write("59_labels.txt", "1: unicorn\n");
    await expect(openDataset(tree.path)).rejects.toThrow("a label 'unicorn'");
    tree.write("59_labels.txt", "1: dog\n3: cat\n");
    await expect(openDataset(tree.path)).rejects.toThrow("59_labels.txt at byte 7: expected '2: name', got '3: cat'");
  });

  async function taskNames(): Promise<string[]> {
    using tree = new Tree();
    await writeContext(tree, []);
    // Without the 59 among the 459, the first one missing is named: so the built-in list can be read off.
    const known = ["aeroplane"];
    for (;;) {
      const lines = publishedNames(known).map((name, i) => `${i + 1}: ${name}\n`);
      tree.write("labels.txt", lines.join(""));
      const error = await openDataset(tree.path).catch((thrown: unknown) => thrown);
      const missing = /a label '([a-z]+)'/.exec(String(error))?.[1];
      if (missing === undefined) return known;
      known.push(missing);
    }
  }
});

describe("manifest.json", () => {
  test("is what docs/data.md shows", async () => {
    using tree = new Tree();
    const [{ text }] = fences("docs/data.md", ["json"]) as [Snippet];
    const { classes, splits } = await openDataset(tree.write("manifest.json", text).path);
    expect([classes, [...splits.keys()]]).toEqual([
      ["background", "leaf"],
      ["train", "val"],
    ]);
  });

  test("opens items, classes, colors and splits", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    const dataset = await openDataset(tree.path);
    expect(dataset.classes).toEqual(["sky", "road"]);
    expect(dataset.palette.slice(0, 3)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [0, 128, 0],
    ]);
    expect([idsOf(dataset, "train"), idsOf(dataset, "val")]).toEqual([["a", "b"], ["c"]]);
    expect(await labelsOf(dataset, "b")).toEqual([...halves(1, true)]);
  });

  test("refuses contradictions and malformed values, with byte and path", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    const refused = async (change: (copy: typeof manifest) => unknown, message: string | RegExp): Promise<void> => {
      const copy = structuredClone(manifest);
      change(copy);
      tree.write("manifest.json", copy);
      const opening = openDataset(tree.path);
      await expect(opening).rejects.toThrow(FormatError);
      await expect(opening).rejects.toThrow(message);
      await expect(opening).rejects.toMatchObject({ offset: expect.any(Number) as unknown });
    };
    await refused((copy) => (copy.splits.val = 2), "splits.val: 2 items, got 1");
    await refused((copy) => (copy.classes[1]!.id = 2), "classes[1].id: 1, without gaps, got 2");
    await refused((copy) => (copy.classes[1]!.name = "sky"), "classes[1].name: each once, got 'sky' again");
    await refused((copy) => (copy.items[1]!.id = "a"), "items[1].id: each once, got 'a' again");
    await refused((copy) => (copy.items[2]!.split = "test"), "splits.val: 1 items, got 0");
    await refused((copy) => (copy.items[0]!.id = "a/b"), "items[0].id: an id of letters");
    await refused((copy) => (copy.items[0]!.image = "../a.png"), "expected paths below");
    await refused((copy) => (copy.items[0]!.mask = "/etc/passwd"), "expected paths below");
    await refused((copy) => (copy.items[0]!.mask = "C:\\a.png"), "expected paths below");
    await refused((copy) => (copy.void = 0), "void: 255, got 0");
    await refused(
      (copy) => (copy.items[1]!.mask = 7 as never),
      /manifest\.json at byte \d+: expected items\[1\]\.mask: string, got 7/,
    );
    await refused((copy) => delete (copy as Partial<typeof manifest>).classes, "classes");
    tree.write("manifest.json", '{ "classes": [], }');
    await expect(openDataset(tree.path)).rejects.toMatchObject({ name: "FormatError", offset: 17 });
  });

  test("names the byte, not the character", async () => {
    using tree = new Tree();
    tree.write("manifest.json", '{ "name": "äöü", x }');
    await expect(openDataset(tree.path)).rejects.toMatchObject({ offset: 20 });
  });

  test("holds the masks to the declared size", async () => {
    using tree = new Tree();
    const copy = structuredClone(manifest);
    copy.items[0]!.width = 7;
    await writeManifest(tree, copy);
    await expect(labelsOf(await openDataset(tree.path), "a")).rejects.toThrow(
      "a.png at byte 16: expected 7 × 5 pixels, as the manifest says, got 6 × 5",
    );
  });
});

describe("masks", () => {
  const painted = (labels: Uint8Array, colors: readonly (readonly number[])[], channels = 3): Uint8Array => {
    const data = Uint8Array.from({ length: labels.length * channels }, (_, i) => {
      return colors[labels[Math.floor(i / channels)]!]![i % channels] ?? 255;
    });
    return encode({ width, height, data, channels, depth: 8 });
  };
  const own: number[][] = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const withVoid = (color: number[]): number[][] => Object.assign([...own], { 255: color });

  test("in the colors of a manifest's classes are read as these, with void in VOC's color or in its own", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    const labels = halves(1, true);
    for (const channels of [3, 4]) {
      tree.write("masks/a.png", painted(labels, withVoid([224, 224, 192]), channels));
      expect(await labelsOf(await openDataset(tree.path), "a")).toEqual([...labels]);
    }
    tree.write("masks/a.png", painted(labels, withVoid([9, 9, 9])));
    await expect(labelsOf(await openDataset(tree.path), "a")).rejects.toThrow(
      "a.png: expected the colors of the classes, got 9 9 9 at row 4, column 5, and others at 1 pixels in all",
    );
    tree.write("manifest.json", { ...manifest, voidRgb: [9, 9, 9] });
    expect(await labelsOf(await openDataset(tree.path), "a")).toEqual([...labels]);
  });

  test("in VOC's colors are read as VOC's classes", async () => {
    using tree = new Tree();
    await writeVoc(tree);
    const labels = halves(15, true);
    tree.write("SegmentationClass/2007_a.png", painted(labels, vocPalette()));
    expect(await labelsOf(await openDataset(tree.path), "2007_a")).toEqual([...labels]);
    // The color of a label that is no class of VOC's.
    tree.write("SegmentationClass/2007_b.png", painted(halves(30), vocPalette()));
    await expect(labelsOf(await openDataset(tree.path), "2007_b")).rejects.toThrow(
      "expected the colors of the classes",
    );
  });

  test("may be .npy arrays, whose shape is theirs", async () => {
    using tree = new Tree();
    const copy = structuredClone(manifest);
    copy.items[0]!.mask = "masks/a.npy";
    await writeManifest(tree, copy);
    tree.write("masks/a.npy", encodeNpy({ shape: [height, width], data: Int16Array.from(halves(1, true)) }));
    expect(await labelsOf(await openDataset(tree.path), "a")).toEqual([...halves(1, true)]);
    tree.write("masks/a.npy", encodeNpy({ shape: [width, height], data: halves(1) }));
    await expect(labelsOf(await openDataset(tree.path), "a")).rejects.toThrow(
      "a.npy: expected 6 × 5 pixels, as the manifest says, got 5 × 6",
    );
    tree.write("masks/a.npy", encodeNpy({ shape: [height, width], data: Int16Array.from(halves(1)).with(3, -1) }));
    await expect(labelsOf(await openDataset(tree.path), "a")).rejects.toThrow("got -1 at row 0, column 3");
  });

  test("have the values that the manifest gives the classes, of which 255 may be one", async () => {
    using tree = new Tree();
    const classes = manifest.classes.map((one, i) => ({ ...one, value: [0, 255][i]! }));
    await writeManifest(tree, { ...manifest, classes });
    tree.write("masks/a.png", mask(halves(255)));
    expect(await labelsOf(await openDataset(tree.path), "a")).toEqual([...halves(1)]);
    tree.write("masks/a.png", mask(halves(7)));
    await expect(labelsOf(await openDataset(tree.path), "a")).rejects.toThrow(
      "a.png: expected the values 0, 255 of the classes, got 7 at row 0, column 0",
    );
    const opening = (values: readonly (number | undefined)[]) => {
      tree.write("manifest.json", {
        ...manifest,
        classes: manifest.classes.map((one, i) => ({ ...one, value: values[i] })),
      });
      return openDataset(tree.path);
    };
    await expect(opening([0, undefined])).rejects.toThrow("classes[1]: a value, as other classes have, got none");
    await expect(opening([9, 9])).rejects.toThrow("classes[1].value: each once, got 9 again");
    // Void where 255 is no class's value.
    const dataset = await opening([10, 20]);
    tree.write("masks/b.png", mask(halves(20, true).map((value) => value || 10)));
    expect(await labelsOf(dataset, "b")).toEqual([...halves(1, true)]);
  });

  test("that were smoothed are told from those with a label too many", async () => {
    using tree = new Tree();
    const copy = structuredClone(manifest);
    const [h, w] = [40, 50];
    Object.assign(copy.items[0]!, { width: w, height: h });
    await writeManifest(tree, copy);
    const disc = Uint8Array.from({ length: h * w }, (_, i) =>
      Math.hypot((i % w) - 24, Math.floor(i / w) - 19) < 13 ? 255 : 0,
    );
    const raw = { raw: { width: w, height: h, channels: 1 as const } };
    tree.write("masks/a.png", await sharp(disc, raw).blur(1.2).toColorspace("b-w").png().toBuffer());
    const read = itemsOf({ dataset: await openDataset(tree.path) })[0]!.labels();
    await expect(read).rejects.toThrow(
      /expected labels 0…1, .*, got label \d+ at row \d+, column \d+: most likely a mask that was smoothed or scaled/,
    );
  });
});

describe("folders", () => {
  test("nothing that a symbolic link leads out to is read", async () => {
    using tree = new Tree();
    using outside = new Tree();
    await writeVoc(tree);
    outside.write("secret.png", mask(halves(1)));
    rmSync(tree.file("SegmentationClass", "2007_a.png"));
    symlinkSync(outside.file("secret.png"), tree.file("SegmentationClass", "2007_a.png"));
    const dataset = await openDataset(tree.path);
    await expect(labelsOf(dataset, "2007_a")).rejects.toThrow("a symbolic link that leads outside");
    expect(await labelsOf(dataset, "2007_b")).toHaveLength(30);
    // Links within the folder are the user's own affair, and so is a link to the whole folder.
    rmSync(tree.file("SegmentationClass", "2007_b.png"));
    symlinkSync("2007_c.png", tree.file("SegmentationClass", "2007_b.png"));
    symlinkSync(tree.path, outside.file("link"));
    expect((await labelsOf(await openDataset(outside.file("link")), "2007_b"))[0]).toBe(3);
    // A folder of lists that lies elsewhere.
    rmSync(tree.file("ImageSets"), { recursive: true });
    mkdirSync(outside.file("ImageSets/Segmentation"), { recursive: true });
    writeFileSync(outside.file("ImageSets/Segmentation/train.txt"), "2007_a\n");
    symlinkSync(outside.file("ImageSets"), tree.file("ImageSets"));
    await expect(openDataset(tree.path)).rejects.toThrow("a symbolic link that leads outside");
  });

  test.each(["../2007_a", "2007_a/../../x", "/etc/passwd", "a b", ".hidden", "2007_a\0"])(
    "a list may not name '%s'",
    async (id) => {
      using tree = new Tree();
      await writeVoc(tree);
      tree.write("ImageSets/Segmentation/train.txt", `2007_a\n${id}\n`);
      await expect(openDataset(tree.path)).rejects.toMatchObject({ name: "FormatError", offset: 7 });
    },
  );

  test("refuses repeated ids, no lists, no folder and unknown contents", async () => {
    using tree = new Tree();
    await writeVoc(tree);
    tree.write("ImageSets/Segmentation/train.txt", "2007_a\n2007_a\n");
    await expect(openDataset(tree.path)).rejects.toThrow("'2007_a' a second time in line 2");
    rmSync(tree.file("ImageSets/Segmentation"), { recursive: true });
    await expect(openDataset(tree.path)).rejects.toThrow("a list of image ids, got none");
    await expect(openDataset(tree.path, { format: "coco" })).rejects.toThrow("a data set: coco (annotations)");
    await expect(openDataset(tree.file("nowhere"))).rejects.toThrow("expected a folder, got nothing there");
    await expect(openDataset(tree.file("JPEGImages"))).rejects.toThrow(UsageError);
  });
});
