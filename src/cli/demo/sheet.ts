import { encodeRgbPng } from "../../data/png.ts";

/** Pixels between two panels and around them. */
const gap = 12;
const white = 255;

/** A contact sheet: pictures of one size, RGB `[height, width, 3]`, side by side on white, as a PNG. */
export function drawSheet(height: number, width: number, panels: readonly Uint8Array[]): Uint8Array {
  const [rows, columns] = [height + 2 * gap, panels.length * (width + gap) + gap];
  const sheet = new Uint8Array(rows * columns * 3).fill(white);
  for (const [i, panel] of panels.entries()) {
    for (let y = 0; y < height; y++) {
      const row = panel.subarray(y * width * 3, (y + 1) * width * 3);
      sheet.set(row, ((y + gap) * columns + gap + i * (width + gap)) * 3);
    }
  }
  return encodeRgbPng(rows, columns, sheet);
}
