import * as valibot from "valibot";
import { FormatError } from "../errors.ts";
import { createItem, type Dataset, type Item } from "./dataset.ts";
import { maximumLabelBytes, type Folder } from "./folder.ts";
import { parseJson, wholeNumber, type Json } from "./json.ts";
import { ignoreLabel } from "./labels.ts";
import { isId } from "./lists.ts";
import { decodeLabels, isNpy, type MaskOptions } from "./masks.ts";
import { vocPalette, type Color } from "./palette.ts";
import { quote } from "../quote.ts";

const text = valibot.pipe(valibot.string(), valibot.minLength(1), valibot.maxLength(1000));
const byte = wholeNumber(0, 255);
const rgb = valibot.tuple([byte, byte, byte]);
const imageId = valibot.custom<string>(
  (value) => typeof value === "string" && isId(value),
  "an id of letters, digits, '_', '-' and '.'",
);

const schema = valibot.object({
  void: valibot.optional(valibot.literal(ignoreLabel)),
  voidRgb: valibot.optional(rgb),
  classes: valibot.pipe(
    valibot.array(valibot.object({ id: byte, name: text, rgb, value: valibot.optional(byte) })),
    valibot.minLength(1),
    valibot.maxLength(ignoreLabel),
  ),
  splits: valibot.optional(valibot.record(text, wholeNumber(0))),
  items: valibot.array(
    valibot.object({
      id: imageId,
      image: text,
      mask: text,
      split: text,
      width: valibot.optional(wholeNumber(1)),
      height: valibot.optional(wholeNumber(1)),
    }),
  ),
});

type Manifest = valibot.InferOutput<typeof schema>;

/**
 * Opens a folder with `manifest.json` (manifest.schema.json describes it for other programs): `classes` `{id, name, rgb, value?}` with ids from 0 without gaps, `items`
 * `{id, image, mask, split, width?, height?}` with paths below the folder, and `splits` `{name: count}`, which must agree with the
 * items where it is there. Masks are PNGs whose index or gray is the class, or its `value` (255 = void), PNGs in the colors of the
 * classes (and `voidRgb`), or `.npy` arrays of such numbers.
 * @throws FormatError where the manifest is missing or malformed, contradicts itself, or a path leads outside
 */
export async function openManifest(folder: Folder): Promise<Dataset> {
  const file = folder.join("manifest.json", folder.path);
  const json = parseJson(await folder.read(file), file, schema);
  const manifest = json.value;
  checkClasses(json);
  const palette: Color[] = vocPalette();
  for (const { id, rgb } of manifest.classes) palette[id] = rgb;
  if (manifest.voidRgb) palette[ignoreLabel] = manifest.voidRgb;
  const meaning = meaningOf(manifest);
  const splits = new Map<string, Item[]>();
  const seen = new Set<string>();
  for (const [i, entry] of manifest.items.entries()) {
    if (seen.has(entry.id)) throw json.wrong(["items", i, "id"], "each once", `${quote(entry.id)} again`);
    seen.add(entry.id);
    if (!splits.has(entry.split)) splits.set(entry.split, []);
    splits.get(entry.split)!.push(createManifestItem(folder, file, i, json, meaning));
  }
  checkCounts(json, splits);
  return { name: folder.path, classes: manifest.classes.map(({ name }) => name), palette, splits };
}

/** What the numbers and colors of the masks mean. Values are given for all classes or for none: see `checkClasses`. */
function meaningOf({ classes, voidRgb }: Manifest): MaskOptions {
  const colors: Color[] = classes.map((one) => one.rgb);
  colors[ignoreLabel] = voidRgb ?? vocPalette()[ignoreLabel]!;
  const values = classes.map(({ value }) => value).filter((value) => value !== undefined);
  return { colors, ...(values.length > 0 && { values }) };
}

function createManifestItem(
  folder: Folder,
  file: string,
  index: number,
  { value, locate }: Json<Manifest>,
  meaning: MaskOptions,
): Item {
  const entry = value.items[index]!;
  const join = (key: "image" | "mask") => folder.join(entry[key], file, () => locate(["items", index, key]));
  const source = join("mask");
  return createItem({
    id: entry.id,
    image: join("image"),
    imageFolder: folder,
    source,
    classes: value.classes.length,
    labels: async () => {
      const bytes = await folder.read(source, maximumLabelBytes);
      const map = decodeLabels(bytes, source, meaning);
      const { height, width } = map;
      if (height === (entry.height ?? height) && width === (entry.width ?? width)) return map;
      const expected = `${entry.width} × ${entry.height} pixels, as the manifest says`;
      const remedy = "correct manifest.json or the file it names";
      // Bytes 16 to 23 of a PNG are its width and height.
      const offset = isNpy(bytes) ? undefined : 16;
      throw new FormatError({ file: source, offset, expected, got: `${width} × ${height}`, remedy });
    },
  });
}

function checkClasses({ value: { classes }, wrong }: Json<Manifest>): void {
  const valued = classes.some(({ value }) => value !== undefined);
  classes.forEach(({ id, name, value }, i) => {
    if (valued && value === undefined) throw wrong(["classes", i], "a value, as other classes have", "none");
    if (valued && classes.findIndex((other) => other.value === value) !== i) {
      throw wrong(["classes", i, "value"], "each once", `${value} again`);
    }
    if (id !== i) throw wrong(["classes", i, "id"], `${i}, without gaps`, `${id}`);
    const first = classes.findIndex((other) => other.name === name);
    if (first !== i) throw wrong(["classes", i, "name"], "each once", `${quote(name)} again`);
  });
}

function checkCounts({ value, wrong }: Json<Manifest>, splits: ReadonlyMap<string, readonly Item[]>): void {
  const declared = new Map(Object.entries(value.splits ?? {}));
  for (const name of value.splits ? new Set([...declared.keys(), ...splits.keys()]) : []) {
    const [count, found] = [declared.get(name) ?? 0, splits.get(name)?.length ?? 0];
    if (found !== count) throw wrong(["splits", name], `${count} items`, `${found}`);
  }
}
