/**
 * `crf-rnn/onnxruntime`: a CRF behind networks that ONNX Runtime runs, in browsers, Node and Deno. It needs the package
 * `onnxruntime-web` or `onnxruntime-node`, whose module is passed to each function.
 *
 * @module
 * @example
 * // ort is the module "onnxruntime-web/webgpu", or "onnxruntime-node"
 * const segment = await segmenter(ort, "model.onnx");
 * const { labels } = await segment(image);
 */
export { fromOrt, type FromOrtOptions } from "./onnxruntime/fromOrt.ts";
export type { InputOptions } from "./onnxruntime/input.ts";
export type {
  Ort,
  OrtBufferOptions,
  OrtSession,
  OrtSessionOptions,
  OrtTensor,
  OrtTensorClass,
  OrtValueMetadata,
} from "./onnxruntime/module.ts";
export { openWith, sessionOptions } from "./onnxruntime/openWith.ts";
export { segmenter, type Segmenter, type SegmenterCall, type SegmenterOptions } from "./onnxruntime/segmenter.ts";
export { toOrt, type ToOrtOptions } from "./onnxruntime/toOrt.ts";
