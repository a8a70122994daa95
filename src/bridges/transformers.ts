/**
 * `crf-rnn/transformers`: a CRF inside pipelines of transformers.js. It needs the package `@huggingface/transformers`, whose
 * pipeline is passed in.
 *
 * @module
 * @example
 * const segment = refined(await pipeline("image-segmentation"), device);
 * const segments = await segment("photograph.jpg"); // [{ label, score, mask }, …]
 */
export { type PipelineOptions, refined } from "./transformers/refined.ts";
export type { SegmentationPipeline } from "./transformers/pipeline.ts";
