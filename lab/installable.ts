import { readFile } from "node:fs/promises";
import sharp from "sharp";
import type { Plugin } from "vite";

/** The accent and the ground of tokens.css, as sRGB: what reads them knows no CSS. */
const [accent, ground] = ["#4b3ad0", "#fbfbfd"];

const icons = [
  { file: "icon-192.png", size: 192, purpose: "any" },
  { file: "icon-512.png", size: 512, purpose: "any" },
  { file: "icon-maskable.png", size: 512, purpose: "maskable" },
] as const;

/** For systems that read no manifest; they round the corners themselves. */
const touchIcon = { file: "apple-touch-icon.png", size: 180, purpose: "maskable" } as const;

const rooms = { refine: "Refine", inside: "Look inside", learn: "Learn", measure: "Measure" };

const manifest = {
  name: "crf-rnn lab",
  short_name: "crf-rnn",
  description: "Refine a segmentation by hand, look inside the lattice, train a network and measure the kernels.",
  lang: "en",
  // Relative to the manifest, so that the lab may lie below any path.
  id: "./",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: ground,
  theme_color: ground,
  categories: ["education", "developer", "graphics"],
  icons: icons.map(({ file, size, purpose }) => ({ src: file, sizes: `${size}x${size}`, type: "image/png", purpose })),
  shortcuts: Object.entries(rooms).map(([name, title]) => ({ name: title, url: `./#${name}` })),
};

/** The mark in white on the accent. A maskable icon is cut to any shape, so it fills its square and keeps the mark in the middle. */
function draw(mark: string, purpose: "any" | "maskable"): string {
  const shapes = mark.replace(/^[^]*<\/style>|<\/svg>\s*$/g, "");
  const [corner, scale] = purpose === "any" ? [7, 0.74] : [0, 0.62];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
    <style>.line { stroke: #fff; stroke-width: 1.6; stroke-linejoin: round; fill: none } .cell, .point { fill: #fff }</style>
    <rect width="32" height="32" rx="${corner}" fill="${accent}" />
    <g transform="translate(16 16) scale(${scale}) translate(-16 -15.6)">${shapes}</g>
  </svg>`;
}

/** Writes the manifest and the icons by which a browser can install the lab, and names them in the page. */
export function installable(): Plugin {
  return {
    name: "lab-installable",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "link", injectTo: "head", attrs: { rel: "manifest", href: "./lab.webmanifest" } },
      { tag: "link", injectTo: "head", attrs: { rel: "apple-touch-icon", href: `./${touchIcon.file}` } },
    ],
    async generateBundle() {
      const mark = await readFile(new URL("./src/shell/mark.svg", import.meta.url), "utf8");
      for (const { file, size, purpose } of [...icons, touchIcon]) {
        const image = sharp(Buffer.from(draw(mark, purpose)), { density: 72 * (size / 32) }).resize(size, size);
        this.emitFile({ type: "asset", fileName: file, source: await image.png({ palette: true }).toBuffer() });
      }
      const source = `${JSON.stringify(manifest, undefined, 2)}\n`;
      this.emitFile({ type: "asset", fileName: "lab.webmanifest", source });
    },
  };
}
