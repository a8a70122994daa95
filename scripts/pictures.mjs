// The picture of before and after in README and on the site: `node scripts/pictures.mjs`, after npm run build. It is the demo's photograph of
// an allium (Karl Blossfeldt, 1928; CC0, see scripts/photographs.mjs) with the demo's rough drawing over it, beside what
// `crf-rnn demo` makes of it. It is committed, since README shows it in places that build nothing.
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "docs/images/before-after.webp");

/** Colors of the classes that are drawn over the photograph; the background stays as it is. */
const colors = [undefined, [124, 92, 255], [0, 158, 142], [240, 150, 30]];
const opacity = 0.6;
/** The part of the photograph that is shown, and the pixels between both panels. */
const shown = { left: 0, top: 40, width: 807, height: 800 };
const gap = 24;
const panelWidth = 480;

const folder = await mkdtemp(join(tmpdir(), "crf-rnn-pictures-"));
try {
  const words = ["demo", "--steps", "0", "--device", "wasm", "--quiet", "--out", folder];
  execFileSync(process.execPath, [join(root, "dist/cli.js"), ...words], { stdio: "inherit" });
  const panels = await Promise.all(["rough", "refined"].map((name) => panel(folder, name)));
  const height = Math.round((panelWidth * shown.height) / shown.width);
  const whole = sharp({
    create: { width: 2 * panelWidth + gap, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  });
  const placed = panels.map((input, i) => ({ input, left: i * (panelWidth + gap), top: 0 }));
  await mkdir(dirname(target), { recursive: true });
  const { size } = await whole.composite(placed).webp({ quality: 72, effort: 6 }).toFile(target);
  process.stdout.write(`${target}: ${(size / 1000).toFixed(1)} kB\n`);
} finally {
  await rm(folder, { recursive: true });
}

/** The photograph with labels drawn over it, and a light line where two of them meet. */
async function panel(from, name) {
  const { data, info } = await sharp(join(from, "allium-photo.png")).raw().toBuffer({ resolveWithObject: true });
  const labels = await labelsOf(join(from, `allium-${name}.png`));
  const { width, channels } = info;
  labels.forEach((label, pixel) => {
    const color = isEdge(labels, pixel, width) ? [255, 255, 255] : colors[label];
    if (!color) return;
    for (let c = 0; c < 3; c++) {
      const at = pixel * channels + c;
      data[at] = Math.round(data[at] * (1 - opacity) + color[c] * opacity);
    }
  });
  return await sharp(data, { raw: info }).extract(shown).resize(panelWidth).png().toBuffer();
}

/** The palette index of each pixel: sharp would give its color. */
async function labelsOf(file) {
  // The build's own, so that this script is linted where nothing is built.
  const { decodeLabelPng } = await import(new URL("../dist/data.js", import.meta.url).href);
  return decodeLabelPng(await readFile(file), file).labels;
}

/** Whether a pixel's label differs from one of those up to two pixels to its right or below. */
function isEdge(labels, pixel, width) {
  return [1, 2, width, 2 * width].some(
    (step) => labels[pixel + step] !== labels[pixel] && pixel + step < labels.length,
  );
}
