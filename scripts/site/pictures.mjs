// The pictures of the first page: a photograph under the rough drawing that `crf-rnn demo` begins with, and under what the library makes of it.
import { execFile } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";

const run = promisify(execFile);
const name = "acanthus";

/** The accent of the site (docs/.vitepress/theme/tokens.css), as RGB: the color of what was drawn. */
const accent = [75, 58, 208];

/** Writes `before.webp` and `after.webp` into `docs/public/generated`, by the built package. */
export async function writePictures(root) {
  const results = join(root, "build/site/demo");
  const words = ["demo", "--steps", "0", "--out", results, "--device", "wasm", "--quiet"];
  await run(process.execPath, [join(root, "dist/cli.js"), ...words]);
  const { decodeLabelPng, drawOverlay } = await import(pathToFileURL(join(root, "dist/data.js")).href);
  const out = join(root, "docs/public/generated");
  await mkdir(out, { recursive: true });
  const photograph = sharp(join(results, `${name}-photo.png`));
  const { data, info } = await photograph.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { height, width } = info;
  const image = { height, width, values: Float32Array.from(data) };
  for (const [state, picture] of [
    ["rough", "before"],
    ["refined", "after"],
  ]) {
    const file = join(results, `${name}-${state}.png`);
    const { labels } = await decodeLabelPng(await readFile(file), file);
    const palette = Array.from({ length: 256 }, () => accent);
    const rgb = drawOverlay(image, { height, width, labels, palette });
    await sharp(rgb, { raw: { height, width, channels: 3 } })
      .webp({ quality: 82 })
      .toFile(join(out, `${picture}.webp`));
  }
  return { height, width };
}
