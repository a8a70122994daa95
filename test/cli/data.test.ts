import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { halves, manifest, mask, photo, Tree, writeManifest, writeSbd, writeVoc } from "../data/trees.ts";
import { findFolders } from "../hosts/folders.ts";
import { writeShapes } from "../../src/cli/demo/shapesFolder.ts";
import { crfRnn, crfRnnInProcess, Folder } from "./command.ts";

const facts = (stdout: string) =>
  JSON.parse(stdout) as Record<string, never> & {
    problems: Record<"id" | "problem" | "expected" | "got" | "remedy", string>[];
  };

describe("crf-rnn data", () => {
  test("counts images, pixels and shares, and draws a contact sheet", async () => {
    using tree = new Tree();
    await writeManifest(tree);
    const sheet = tree.file("sheet.png");
    const { status, stdout, stderr } = crfRnn(["data", tree.path, "--sheet", sheet, "--json"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(facts(stdout)).toMatchObject({
      command: "data",
      items: 3,
      splits: { train: 2, val: 1 },
      pixels: 90,
      ignoredPixels: 3,
      classes: [
        { label: 0, name: "sky", pixels: 42, share: 42 / 87, images: 3 },
        { label: 1, name: "road", pixels: 45, share: 45 / 87, images: 3 },
      ],
      problems: [],
      sheet: ["a", "b", "c"],
      outputs: [sheet],
    });
    const { data, info } = await sharp(readFileSync(sheet)).raw().toBuffer({ resolveWithObject: true });
    // Three cells of 240 × 180 in a row, each with a caption, six pixels apart.
    expect([info.width, info.height]).toEqual([3 * 246 + 6, 180 + 18 + 2 * 6]);
    const at = (x: number, y: number): number[] => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    // The upper half is road, blended half and half with the photograph of #336699; the lower, label 0, is the photograph.
    const near = (color: number[], other: number[]): boolean =>
      color.every((value, k) => Math.abs(value - other[k]!) < 12);
    expect(near(at(126, 14), [(0x33 + 4) / 2, (0x66 + 5) / 2, (0x99 + 6) / 2])).toBe(true);
    expect(near(at(80, 170), [0x33, 0x66, 0x99])).toBe(true);
  });

  test("tells what is wrong with which file, with status 2", async () => {
    using tree = new Tree();
    const items = ["a", "missing", "small", "stray", "void", "cut", "broken"].map((id) => ({
      id,
      image: `images/${id}.png`,
      mask: `masks/${id}.png`,
      split: "train",
    }));
    tree.write("manifest.json", { ...manifest, splits: { train: 7 }, items });
    for (const { image, mask: file } of items) tree.write(image, await photo("png")).write(file, mask(halves(1)));
    const stray = halves(1);
    stray[7] = 2;
    tree.write("images/small.png", await photo("png", { width: 3, height: 2 }));
    tree.write("masks/stray.png", mask(stray)).write("masks/void.png", mask(new Uint8Array(30).fill(255)));
    tree.write("images/cut.png", (await photo("png")).subarray(0, 60)).write("masks/broken.png", "no image");
    tree.write(
      "manifest.json",
      JSON.stringify({ ...manifest, splits: { train: 7 }, items }).replace("masks/missing", "masks/none"),
    );

    const { status, stdout, stderr } = await crfRnnInProcess(["data", tree.path, "--json"]);
    expect(status).toBe(2);
    const missing = /none\.png: expected a file, got no such file, the first of 6 of 7 items with problems — fetch/;
    expect(stderr).toMatch(missing);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    const { problems } = facts(stdout);
    expect(problems.map(({ id }) => id)).toEqual(["missing", "small", "stray", "void", "cut", "broken"]);
    const words = [
      "no such file",
      "6 × 5 labels for an image of 3 × 2",
      "label 2 at row 1, column 1",
      "every pixel is ignored",
      "truncated",
      "a PNG file",
    ];
    problems.forEach(({ problem }, i) => expect(problem).toContain(words[i]));
    // In parts, too, none of which is a sentence within the sentence.
    for (const { expected, got, remedy } of problems)
      expect(`${expected} ${got} ${remedy}`).not.toMatch(/expected|undefined/);
    expect(facts(stdout)).toMatchObject({ items: 7, pixels: 30 });

    const text = await crfRnnInProcess(["data", tree.path]);
    expect(text.status).toBe(2);
    expect(text.stdout).toContain(`wrong: stray: ${tree.file("masks", "stray.png")}: expected labels 0…1`);
    expect(text.stdout).toContain("6 problems.");
  });

  test("unites sets, takes others away and writes the list", async () => {
    using voc = new Tree();
    using sbd = new Tree();
    using folder = new Folder();
    await writeVoc(voc);
    await writeSbd(sbd);
    const united = await folder.runInProcess([
      "data",
      `${voc.path}@train`,
      `${sbd.path}@train,val`,
      "--list",
      "train.txt",
      "--json",
    ]);
    expect(facts(united.stdout)).toMatchObject({ items: 4, problems: [] });
    expect(readFileSync(folder.file("train.txt"), "utf8")).toBe("2007_a\n2007_b\n2007_c\n2008_e\n");
    const reduced = await folder.runInProcess([
      "data",
      `${voc.path}@val`,
      "--without",
      "train.txt",
      "--list",
      "val.txt",
      "--quiet",
    ]);
    expect(reduced).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(folder.file("val.txt"), "utf8")).toBe("2007_d\n");
    const again = await folder.runInProcess(["data", `${voc.path}@val.txt`, "--json"]);
    expect(facts(again.stdout)).toMatchObject({ items: 1 });
  });

  test("notes photographs that EXIF turns, and names the tag where labels lie on them as stored", async () => {
    using tree = new Tree();
    const turned = (orientation: number, size: { width: number; height: number }) =>
      sharp({ create: { ...size, channels: 3, background: "#336699" } })
        .withMetadata({ orientation })
        .jpeg()
        .toBuffer();
    await writeManifest(tree);
    tree.write("images/a.png", await turned(6, { width: 5, height: 6 }));
    tree.write("images/b.png", await turned(3, { width: 6, height: 5 }));
    const { status, stdout } = await crfRnnInProcess(["data", tree.path]);
    expect(status).toBe(0);
    for (const [name, orientation] of ["a6", "b3"]) {
      expect(stdout).toContain(
        `note: ${tree.file("images", `${name}.png`)}: turned as its EXIF orientation, ${orientation}, says`,
      );
    }
    tree.write("images/a.png", await turned(8, { width: 6, height: 5 }));
    const wrong = await crfRnnInProcess(["data", tree.path, "--json"]);
    expect(wrong.status).toBe(2);
    const { problem } = facts(wrong.stdout).problems[0]!;
    expect(problem).toBe(
      "6 × 5 labels for an image of 5 × 6: EXIF orientation 8 turned the image: turn this likewise, or remove the tag from the image",
    );
    expect(facts(wrong.stdout)).toMatchObject({
      notes: [
        { id: "a", note: expect.stringContaining("8") as string },
        { id: "b", file: tree.file("images", "b.png") },
      ],
    });
  });

  test("shows names of classes in one line, cut short and without control characters", async () => {
    using tree = new Tree();
    const names = ["sky\u001b[2J\rroad", "road".repeat(200)];
    await writeManifest(tree, { ...manifest, classes: manifest.classes.map((one, i) => ({ ...one, name: names[i] })) });
    const { status, stdout } = await crfRnnInProcess(["data", tree.path]);
    expect(status).toBe(0);
    expect(stdout).toContain("sky\\u001b[2J\\u000droad ");
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThan(200);
    const { classes } = JSON.parse((await crfRnnInProcess(["data", tree.path, "--json"])).stdout) as {
      classes: { name: string }[];
    };
    expect(classes.map(({ name }) => name)).toEqual(names);
  });

  test("--init writes a manifest for images and masks, and none where there is one", async () => {
    using folder = new Folder();
    writeShapes(folder.file("photos"), { seed: 3, size: 8, train: 2, val: 0 });
    folder.remove("photos/manifest.json");
    const { status, stdout } = await crfRnnInProcess(["data", "--init", "photos"], folder.path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/photos\/manifest\.json: 2 images \(train 2, val 0\)\n +0 class-0, rgb 24 26 32\n/);
    expect((await crfRnnInProcess(["data", "photos"], folder.path)).status).toBe(0);
    await folder.refusesInProcess(
      ["data", "--init", "photos"],
      /--init: expected a folder without a manifest, got .*photos\/manifest\.json/,
    );
    await folder.refusesInProcess(["data", "--init", "photos", "photos"], /--init: expected one folder, got 2 folders/);
  });

  test("writes over no file of the data set", async () => {
    using tree = new Tree();
    using voc = new Tree();
    await writeManifest(tree);
    await writeVoc(voc);
    const refused = async (words: readonly string[], sentence: RegExp): Promise<void> => {
      const { status, stdout, stderr } = await crfRnnInProcess(["data", ...words]);
      expect(stderr).toMatch(sentence);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    };
    const before = readFileSync(tree.file("images/a.png"));
    await refused(
      [tree.path, "--sheet", tree.file("images/a.png")],
      /--sheet: expected a file of its own, got .*a\.png, which is read/,
    );
    await refused([tree.path, "--sheet", tree.file("masks/c.png")], /c\.png, which is read/);
    expect(readFileSync(tree.file("images/a.png")).equals(before)).toBe(true);
    const list = voc.file("ImageSets/Segmentation/val.txt");
    await refused(
      [`${voc.path}@train`, "--list", list],
      /--list: expected a file of its own, got .*val\.txt, which is part of/,
    );
    expect(readFileSync(list, "utf8")).toBe("2007_c\r\n2007_d\r\n");
    tree.write("ids.txt", "2007_a\n");
    await refused([`${voc.path}@${tree.file("ids.txt")}`, "--list", tree.file("ids.txt")], /ids\.txt, which is read/);
  });

  test("refuses bad input and leaves nothing behind", async () => {
    using folder = new Folder();
    using voc = new Tree();
    await writeVoc(voc);
    await folder.refusesInProcess(
      ["data", "nowhere", "--sheet", "s.png"],
      /nowhere: expected a folder, got nothing there/,
    );
    await folder.refusesInProcess(["data", folder.path], /expected a data set: manifest \(manifest\.json\)/);
    await folder.refusesInProcess(["data", `${voc.path}@test`], /one of the splits train, trainval, val, got 'test'/);
    await folder.refusesInProcess(["data", voc.path, "--format", "coco"], /expected a data set: coco/);
    await folder.refusesInProcess(
      ["data", voc.path, "--sheet", "s.jpg"],
      /--sheet: expected a file name that ends in \.png/,
    );
    await folder.refusesInProcess(
      ["data", voc.path, "--without", "none.txt"],
      /none\.txt: expected a file, got no such file/,
    );
    voc.write("ImageSets/Segmentation/val.txt", "../../etc/passwd\n");
    await folder.refusesInProcess(
      ["data", voc.path, "--list", "l.txt"],
      /val\.txt at byte 0: expected one image id a line/,
    );
  });

  const { shared } = findFolders();
  test.runIf(shared !== undefined)("finds nothing wrong with the photographs in shared/data", async () => {
    for (const [name, counts] of [
      ["nuclei-cc0-mini", { train: 98, val: 21 }],
      ["coco-cc-demo", { train: 15, val: 8 }],
    ] as const) {
      const folder = join(shared!, "data", name);
      expect(existsSync(folder)).toBe(true);
      const { status, stdout } = await crfRnnInProcess(["data", folder, "--json"]);
      expect(status).toBe(0);
      expect(facts(stdout)).toMatchObject({ splits: counts, problems: [] });
    }
  });
});
