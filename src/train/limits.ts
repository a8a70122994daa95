import type { Configuration } from "./configuration.ts";
import { elementsOf } from "../shape.ts";
import { networkTable } from "./model.ts";
import { pictured, worst } from "./predictions.ts";

/** A generous bound on the bytes of names, shapes and the configuration. */
const header = 1 << 20;

/** The most bytes that a checkpoint of this configuration can have, so that a page cannot send more. */
export function checkpointLimit(configuration: Configuration): number {
  const { crf, classes } = configuration;
  const table = Object.values(networkTable(configuration));
  const ofNetwork = table.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  const ofCrf = crf ? 3 * crf.iterations * classes.length ** 2 + 3 : 0;
  // Each number with two moments at most.
  return 4 * 3 * (ofNetwork + ofCrf) + header + 4 * JSON.stringify(configuration).length;
}

/** The most bytes that what a validation keeps can have, where no image has more pixels: labels, two confusion matrices, a number for each image. */
export const samplesLimit = (pixels: number, classes: number, images: number): number =>
  2 * (pictured + worst) * pixels + 16 * classes ** 2 + 8 * images + header;
