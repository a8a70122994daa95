/**
 * `crf-rnn/data`: images, arrays, label maps and metrics, in every host, pages included, and data sets in Node and Deno. Photographs as JPEG
 * need the package `sharp`, and so Node or Deno; pages decode them themselves, for `imageTensor`.
 *
 * @module
 * @example
 * import { Confusion, decodeImage, itemsOf, openUnion } from "crf-rnn/data";
 * const dataset = await openUnion(["VOC2012@train", "benchmark_RELEASE@train,val"]);
 * for (const item of itemsOf({ dataset })) {
 *   const image = await decodeImage(await item.imageBytes(), item.image);
 *   const { labels } = await item.labels();
 * }
 */
export { argmax } from "./argmax.ts";
export { boundaryBand } from "./boundary.ts";
export { boundaryScores, usualTolerance } from "./boundaryScores.ts";
export { checkDataset, type Census, type ClassCount, type Note, type Problem } from "./checkDataset.ts";
export type { Finding, Severity } from "../diagnosis/finding.ts";
export { Confusion, type ClassScore, type Scores } from "./confusion.ts";
export { drawContactSheet } from "./contactSheet.ts";
export { itemsOf, unite, type Dataset, type Item, type Part } from "./dataset.ts";
export type { Image } from "./image.ts";
export { decodeImage, type Photograph } from "./images.ts";
export { ignoreLabel, type LabelMap } from "./labels.ts";
export { decodeNpy, encodeNpy, type NpyArray, type NpyData } from "./npy.ts";
export { formats, openDataset, openPart, openUnion, type Format, type OpenDatasetOptions } from "./openDataset.ts";
export { drawOverlay } from "./overlay.ts";
export { vocPalette, type Color } from "./palette.ts";
export { decodeLabelPng, encodeLabelPng, encodeRgbPng, type Annotation, type LabelOptions } from "./png.ts";
export { decodeLabels, type MaskOptions } from "./masks.ts";
export { Reliability, type ReliabilityBin } from "./reliability.ts";
export { resizeBilinear } from "./resize.ts";
export { vocClasses } from "./vocClasses.ts";
