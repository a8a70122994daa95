import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crfRnn } from "../../crf/crfRnn.ts";
import type { Device } from "../../device/device.ts";
import { argmax } from "../../data/argmax.ts";
import { Confusion } from "../../data/confusion.ts";
import type { Image } from "../../data/image.ts";
import { drawOverlay } from "../../data/overlay.ts";
import { encodeLabelPng, encodeRgbPng } from "../../data/png.ts";
import { acanthus } from "./acanthus.ts";
import { allium } from "./allium.ts";
import { paint, type Drawing } from "./drawing.ts";
import { drawSheet } from "./sheet.ts";
import { readImage } from "../input.ts";
import type { Output } from "../output.ts";
import type { Progress } from "../progress.ts";
import { annotationLogits } from "../../pictures/annotationScores.ts";

const drawings = [allium, acanthus];

/**
 * Parameters that suit a rough drawing: a positional bandwidth that reaches across its mistakes, and weights that can
 * overrule it.
 */
export const confidence = 0.6;
export const parameters = {
  iterations: 10,
  bilateral: { position: 60, color: 10, weight: 10 },
  spatial: { position: 3, weight: 3 },
};

/** The result for one photograph. */
export interface Refined {
  readonly facts: Measured & { readonly height: number; readonly width: number };
  readonly outputs: readonly Output[];
}

/** Photographs that are refined. */
export const photographs = drawings.length;

/** Refines a quick drawing on each photograph; nothing is written yet. @throws FormatError where a photograph is missing */
export async function refinePhotographs(device: Device, folder: string, progress: Progress): Promise<Refined[]> {
  const images = await Promise.all(drawings.map(({ name }) => readPhotograph(name)));
  const results: Refined[] = [];
  for (const [i, drawing] of drawings.entries()) {
    progress.stage(`refining ${drawing.name}`);
    results.push(await refineDrawing(device, drawing, images[i]!, folder));
    progress.step();
  }
  return results;
}

async function refineDrawing(device: Device, drawing: Drawing, image: Image, folder: string): Promise<Refined> {
  const { height, width, values } = image;
  const classes = drawing.classes.length;
  const rough = paint(drawing.rough, height, width);
  const careful = paint(drawing.careful, height, width);

  using scope = device.scope();
  const crf = scope.add(crfRnn(device, { classes, ...parameters }));
  const unary = annotationLogits(rough.labels, classes, confidence);
  const logits = await crf(scope.tensor([height, width, classes], unary), scope.tensor([height, width, 3], values));
  const refined = { height, width, labels: argmax(await logits.read(), classes) };

  const ious = (labels: Uint8Array) => new Confusion(classes).add(careful.labels, labels).scores();
  const [before, after] = [ious(rough.labels), ious(refined.labels)];
  const facts = {
    name: drawing.name,
    height,
    width,
    classes: drawing.classes,
    rough: { meanIU: before.meanIU, iu: before.classes.map(({ iu }) => iu) },
    refined: { meanIU: after.meanIU, iu: after.classes.map(({ iu }) => iu) },
  };

  const photo = Uint8Array.from(values);
  const overlays = [rough, refined, careful].map((map) => drawOverlay(image, map));
  const picture = (name: string, bytes: Uint8Array): Output => ({
    file: join(folder, `${drawing.name}-${name}.png`),
    bytes,
  });
  const outputs = [
    picture("photo", encodeRgbPng(height, width, photo)),
    picture("rough", encodeLabelPng(rough)),
    picture("refined", encodeLabelPng(refined)),
    picture("careful", encodeLabelPng(careful)),
    picture("overlay", encodeRgbPng(height, width, overlays[1]!)),
    picture("sheet", drawSheet(height, width, [photo, ...overlays])),
  ];
  return { facts, outputs };
}

/** A photograph that the build has put beside the program. */
const readPhotograph = (name: string): Promise<Image> =>
  readImage(fileURLToPath(new URL(`demo/${name}.png`, import.meta.url)));

export interface Measured {
  readonly name: string;
  readonly classes: readonly string[];
  readonly rough: { readonly meanIU: number; readonly iu: readonly number[] };
  readonly refined: { readonly meanIU: number; readonly iu: readonly number[] };
}

/** Intersection over union with the careful drawing, by class, before and after. */
export function describePhotographs(photographs: readonly Measured[]): string {
  const line = (name: string, rough: string, refined: string): string =>
    `${name.padEnd(26)}${rough.padStart(8)}${refined.padStart(10)}`;
  const rows = [line("IU with careful drawing", "rough", "refined")];
  for (const { name, classes, rough, refined } of photographs) {
    classes.forEach((title, label) => {
      rows.push(line(`${name}: ${title}`, rough.iu[label]!.toFixed(3), refined.iu[label]!.toFixed(3)));
    });
    rows.push(line(`${name}: mean`, rough.meanIU.toFixed(3), refined.meanIU.toFixed(3)));
  }
  return rows.join("\n");
}
