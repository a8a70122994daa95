import { type CrfOptions, crfRnn, type PlainCrfCall } from "../../crf/crfRnn.ts";
import { softmax } from "../../crf/softmax.ts";
import type { Device } from "../../device/device.ts";
import { dense } from "../../nn/dense.ts";
import { imageTensor } from "../../pictures/imageTensor.ts";
import type { PixelData } from "../../pictures/source.ts";
import { fromOrt, type FromOrtOptions } from "../onnxruntime/fromOrt.ts";
import type { ModelOutput, ModelTensor, SegmentationPipeline } from "./pipeline.ts";

/** What a refined pipeline computes with. */
export interface Plan {
  readonly device: Device;
  readonly crf: Omit<CrfOptions, "classes" | "learn"> & PlainCrfCall;
  readonly temperature: number;
  readonly confidence: number;
}

/** Makes a tensor of transformers.js, whose class is not exported to whoever has its tensors alone. */
type ModelTensorClass = new (type: "float32", data: Float32Array, dims: readonly number[]) => ModelTensor;

/**
 * The output of a model with refined scores in the picture's size; undefined where it has none for every pixel. Scores
 * of one channel, such as those of background removal, become probabilities.
 */
export async function refineScores(
  output: ModelOutput,
  picture: PixelData,
  pipeline: SegmentationPipeline,
  plan: Plan,
): Promise<ModelOutput | undefined> {
  const name = scoresName(output, pipeline);
  if (name === undefined) return undefined;
  const scores = output[name]!;
  const one = scores.dims[1] === 1;
  const { height, width } = picture;
  const { device, temperature } = plan;
  const { onIteration, onPruned, signal, iterations, until, prune, ...layerOptions } = plan.crf;
  using scope = device.scope();
  const guide = scope.add(imageTensor(device, picture));
  const meaning = one ? (isProbable(scores) ? "probabilities" : "sigmoid") : "logits";
  const unary = scope.add(
    fromOrt(device, scores, { size: [height, width], meaning, temperature } satisfies FromOrtOptions),
  );
  const crf = scope.add(crfRnn(device, { ...layerOptions, classes: unary.channels }));
  const logits = await crf(unary, guide, { iterations, until, prune, onPruned, onIteration, signal });
  const planes = await scope.add(one ? softmax(logits) : dense(logits, "nchw")).read();
  const values = one ? planes.filter((_, i) => i % 2 === 1) : planes;
  const ScoresClass = scores.constructor as unknown as ModelTensorClass;
  const refined = new ScoresClass("float32", values, [1, one ? 1 : unary.channels, height, width]);
  scores.dispose();
  return Object.assign(Object.create(Object.getPrototypeOf(output) as object) as object, output, { [name]: refined });
}

/** The methods by which processors make segments of a model's output; without any, its first output is a mask. */
const methods = ["panoptic", "instance", "semantic"].map((kind) => `post_process_${kind}_segmentation`);

/** The name of the output that scores every pixel, if there is one: `logits`, or what background removal looks at. */
function scoresName(output: ModelOutput, pipeline: SegmentationPipeline): string | undefined {
  if (output.logits?.dims.length === 4) return "logits";
  const { image_processor: images = {} } = pipeline.processor as { image_processor?: object };
  if (methods.some((method) => method in images)) return undefined;
  const { model } = (pipeline.model as { sessions: { model: { outputNames: readonly [string] } } }).sessions;
  const { dims } = output[model.outputNames[0]]!;
  return dims.length === 4 && dims[1] === 1 ? model.outputNames[0] : undefined;
}

/** Whether all numbers are from 0 to 1, up to rounding: so the pipeline finds out whether a sigmoid is missing. */
const isProbable = ({ data }: ModelTensor): boolean =>
  !(data as Float32Array).some((value) => value < -1e-5 || value > 1 + 1e-5);
