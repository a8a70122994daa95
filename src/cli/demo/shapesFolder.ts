import { join } from "node:path";
import { drawShapes, shapeClasses } from "../../train/shapes.ts";
import { encodeLabelPng, encodeRgbPng } from "../../data/png.ts";
import { makeFolder, writeTogether, type Output } from "../output.ts";

export interface ShapesOptions {
  readonly seed: number;
  /** Pixels on a side. */
  readonly size: number;
  readonly train: number;
  readonly val: number;
}

export const shapesId = (index: number): string => `shapes-${String(index).padStart(4, "0")}`;

/** Writes pictures of shapes as a data set with a manifest: `images`, `masks`, splits train and val. */
export function writeShapes(folder: string, { seed, size, train, val }: ShapesOptions): void {
  const palette = shapeClasses.map(({ rgb }) => rgb);
  const outputs: Output[] = [];
  const items = Array.from({ length: train + val }, (_, index) => {
    const id = shapesId(index);
    const { image, labels } = drawShapes(seed, index, size);
    const entry = { id, image: `images/${id}.png`, mask: `masks/${id}.png`, split: index < train ? "train" : "val" };
    const rgb = Uint8Array.from(image.values);
    outputs.push({ file: join(folder, entry.image), bytes: encodeRgbPng(size, size, rgb) });
    outputs.push({
      file: join(folder, entry.mask),
      bytes: encodeLabelPng({ height: size, width: size, labels, palette }),
    });
    return entry;
  });
  const classes = shapeClasses.map(({ name, rgb }, id) => ({ id, name, rgb }));
  const manifest = { name: "shapes", void: 255, classes, splits: { train, val }, items };
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 1)}\n`);
  makeFolder(join(folder, "images"));
  makeFolder(join(folder, "masks"));
  writeTogether([...outputs, { file: join(folder, "manifest.json"), bytes }]);
}
