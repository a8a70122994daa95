import { basename, dirname } from "node:path";
import { openDataset } from "../../data/openDataset.ts";
import { type Color, vocPalette } from "../../data/palette.ts";
import { decodeMask } from "../../data/png.ts";
import { vocClasses } from "../../data/vocClasses.ts";
import { FormatError } from "../../errors.ts";
import { ignoreLabel } from "../../ignoreLabel.ts";
import { readWhole } from "../input.ts";

/** The color of each class, and at 255 that of void where there is one. */
export interface Palette {
  readonly colors: readonly Color[];
  readonly classes: number;
}

/** What `--palette` may be; for its help. */
export const paletteKinds =
  "voc, a data set's folder or manifest.json, a palette PNG, or '#rrggbb,#rrggbb,…', class by class";
export const paletteHelp = `read an annotation by its colors, and draw in them: ${paletteKinds}`;

/** Reads `--palette`. @throws FormatError, UsageError */
export async function readPalette(words: string): Promise<Palette> {
  if (words === "voc") return paletteOf(vocPalette(), vocClasses.length);
  if (words.startsWith("#")) return colorsOf(words);
  if (words.toLowerCase().endsWith(".png")) {
    const { palette } = decodeMask(await readWhole(words), words);
    if (palette) return { colors: palette.slice(0, ignoreLabel), classes: Math.min(palette.length, ignoreLabel) };
    throw new FormatError({ file: words, expected: "a PNG with a palette", got: "one without" });
  }
  const dataset = await openDataset(basename(words) === "manifest.json" ? dirname(words) : words);
  return paletteOf(dataset.palette, dataset.classes.length);
}

function paletteOf(palette: readonly Color[], classes: number): Palette {
  const colors = palette.slice(0, classes);
  colors[ignoreLabel] = palette[ignoreLabel]!;
  return { colors, classes };
}

function colorsOf(words: string): Palette {
  const colors = words.split(",").map((word): Color => {
    const [, ...parts] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(word.trim()) ?? [];
    if (parts.length === 3) return parts.map((part) => parseInt(part, 16)) as unknown as Color;
    throw new FormatError({ file: "--palette", expected: "colors as #3e8e3c, with commas between", got: `'${word}'` });
  });
  return { colors, classes: colors.length };
}
