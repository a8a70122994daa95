import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { openDataset } from "../../src/data/openDataset.ts";
import { encodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import { root } from "../hosts/folders.ts";
import { Tree } from "./trees.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../src/data/manifest.schema.json", import.meta.url), "utf8"),
) as object;
const validate = new Ajv({ schemaId: "auto", allErrors: true }).compile(schema);

const item = { id: "a", image: "a.png", mask: "b.png", split: "train" };
const sound = {
  name: "one",
  void: 255,
  voidRgb: [255, 255, 255],
  classes: [
    { id: 0, name: "ground", rgb: [0, 0, 0], value: 7 },
    { id: 1, name: "leaf", rgb: [0, 255, 0], value: 9 },
  ],
  splits: { train: 1 },
  items: [{ ...item, width: 2, height: 1 }],
};

/** What `openDataset` makes of a manifest: whether it takes it. */
async function opens(manifest: object): Promise<boolean> {
  using tree = new Tree();
  tree.write("manifest.json", JSON.stringify(manifest));
  tree.write("a.png", encodeRgbPng(1, 2, new Uint8Array(6)));
  tree.write("b.png", encodeLabelPng({ height: 1, width: 2, labels: Uint8Array.of(7, 9) }));
  try {
    await openDataset(tree.path);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return false;
  }
}

describe("the manifest's JSON Schema", () => {
  test("is in the package, under the name that editors and programs ask for", () => {
    const { exports, files } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
      exports: Record<string, string>;
      files: string[];
    };
    const place = exports["./manifest.schema.json"]!;
    expect(files).toContain(place.split("/")[1]);
    expect(JSON.parse(readFileSync(`${root}${place}`, "utf8"))).toEqual(schema);
  });

  test("takes what the program takes", async () => {
    for (const manifest of [sound, { classes: sound.classes, items: [item] }, { ...sound, items: [], splits: {} }]) {
      expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
      expect(await opens(manifest)).toBe(true);
    }
  });

  const [ground, leaf] = sound.classes as [object, object];
  test.each<[string, object]>([
    ["no classes", { ...sound, classes: [] }],
    ["no items", { classes: sound.classes }],
    ["a class without a color", { ...sound, classes: [{ id: 0, name: "ground", value: 1 }, leaf] }],
    ["a color of two numbers", { ...sound, classes: [{ ...ground, rgb: [1, 2] }, leaf] }],
    ["a color above 255", { ...sound, voidRgb: [1, 2, 256] }],
    ["a value that is no byte", { ...sound, classes: [{ ...ground, value: 0.5 }, leaf] }],
    ["another void", { ...sound, void: 0 }],
    ["an empty name", { ...sound, classes: [{ ...ground, name: "" }, leaf] }],
    ["an id of a path", { ...sound, items: [{ ...item, id: "a/b" }] }],
    ["an id that begins with a dot", { ...sound, items: [{ ...item, id: ".a" }] }],
    ["an item without a mask", { ...sound, items: [{ id: "a", image: "a.png", split: "train" }] }],
    ["a path that leads out", { ...sound, items: [{ ...item, image: "x/../../a.png" }] }],
    ["an absolute path", { ...sound, items: [{ ...item, mask: "/b.png" }] }],
    ["a width of 0", { ...sound, items: [{ ...item, width: 0 }] }],
    ["a count that is none", { ...sound, splits: { train: -1 } }],
  ])("refuses what the program refuses: %s", async (_, manifest) => {
    expect(validate(manifest)).toBe(false);
    expect(await opens(manifest)).toBe(false);
  });
});
