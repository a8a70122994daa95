/**
 * `crf-rnn/transformers`: a CRF inside pipelines of transformers.js. It needs the package `@huggingface/transformers`, whose
 * pipeline is passed in.
 *
 * @example
 * import { pipeline } from "@huggingface/transformers";
 * import { open } from "crf-rnn";
 * import { refined } from "crf-rnn/transformers";
 * const segment = refined(await pipeline("image-segmentation", "Xenova/segformer-b0-finetuned-ade-512-512"), await open());
 * const [{ label, mask }] = await segment("photograph.jpg");
 */
export { type PipelineOptions, refined } from "./transformers/refined.ts";
export type { SegmentationPipeline } from "./transformers/pipeline.ts";
