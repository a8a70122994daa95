/**
 * `crf-rnn/tfjs`: a CRF behind networks of TensorFlow.js, which learns with them. It needs the package `@tensorflow/tfjs`, or
 * `@tensorflow/tfjs-core` and a backend, whose module is passed to each function.
 *
 * @module
 * @example
 * import { crfLayer, openWith } from "crf-rnn/tfjs";
 * const layer = await crfLayer(tf, await openWith(tf), { classes: 21 }); // import * as tf from "@tensorflow/tfjs"
 * const refined = await layer.apply(network(picture), picture);
 */
export { crfLayer, type TfCrf, type TfCrfOptions } from "./tfjs/crfLayer.ts";
export { crfLayerSync, type SyncOptions, type TfCrfSync } from "./tfjs/crfLayerSync.ts";
export { fromTf, type FromTfOptions } from "./tfjs/fromTf.ts";
export type {
  GradsOf,
  ScalarOf,
  TensorOf,
  Tf,
  TfOptimizer,
  TfTensor,
  TfVariable,
  TfWebGpuBackend,
  VariableOf,
} from "./tfjs/module.ts";
export { openWith, type OpenWithOptions } from "./tfjs/openWith.ts";
export { toTf } from "./tfjs/toTf.ts";
