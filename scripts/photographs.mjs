// The demo's photographs as PNG, which needs no library to decode but the package's own: their npm packages have JPEGs.
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";

/** By the name of the drawing that belongs to each: src/cli/demo. */
const packages = {
  acanthus: "@stdlib/datasets-img-acanthus-mollis",
  allium: "@stdlib/datasets-img-allium-oreophilum",
};

export async function writePhotographs(folder) {
  await mkdir(folder, { recursive: true });
  const { resolve } = createRequire(import.meta.url);
  for (const [name, from] of Object.entries(packages)) {
    const image = sharp(join(dirname(resolve(`${from}/package.json`)), "data/image.jpg"), { ignoreIcc: true });
    const png = await image.toColorspace("srgb").png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer();
    await writeFile(join(folder, `${name}.png`), png);
  }
}
