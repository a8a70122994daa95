import { crfNames, type CrfOptions, type PlainCrfCall, plainCallNames } from "../../crf/crfRnn.ts";
import type { Device } from "../../device/device.ts";
import { requireDevice } from "../../inputs.ts";
import { type Names, requireOptions } from "../../options.ts";
import type { PixelData } from "../../pictures/source.ts";
import { requireNumber } from "../../values.ts";
import { type ModelOutput, requirePipeline, type Segment, type SegmentationPipeline } from "./pipeline.ts";
import { refineMasks } from "./masks.ts";
import { type Plan, refineScores } from "./scores.ts";

/** Options of `refined`: those of the CRF, and how far the network is trusted. */
export interface PipelineOptions extends Omit<CrfOptions, "classes" | "learn">, PlainCrfCall {
  /** By what the network's logits are divided; above 1 it is trusted less. Default: 1. */
  readonly temperature?: number;
  /**
   * The probability of what a mask says, where the model gives no scores for every pixel: panoptic and instance
   * segmentation. Default: 0.9.
   */
  readonly confidence?: number;
}

const where = "refined";
const { classes: _classes, learn: _learn, ...layerNames } = crfNames;
const optionNames: Names<PipelineOptions> = { ...layerNames, ...plainCallNames, temperature: true, confidence: true };

/**
 * Wraps a pipeline of transformers.js, "image-segmentation" or "background-removal": the same call with the same options and
 * the same kind of result, after a CRF has refined it along the edges of the picture. Where the model gives scores for every
 * pixel (SegFormer, UPerNet, MODNet, …), these are refined before the pipeline makes its masks of them; else its masks are.
 * The pipeline and the device stay the caller's.
 * @throws ValueError; its calls throw as `refine` and the pipeline do
 * @example const segment = refined(await pipeline("background-removal"), device, { iterations: 10 });
 */
export function refined<Pipeline extends SegmentationPipeline>(
  pipeline: Pipeline,
  device: Device,
  options: PipelineOptions = {},
): Pipeline {
  requirePipeline(where, pipeline);
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  const { temperature = 1, confidence = 0.9, ...crf } = options;
  requireNumber(where, "temperature", temperature, Number.MIN_VALUE);
  requireNumber(where, "confidence", confidence, 0.5);
  const plan: Plan = { device, crf, temperature, confidence: Math.min(confidence, 0.9999) };
  return new Proxy(pipeline, { apply: (_pipeline, _self, words: unknown[]) => call(pipeline, plan, words) });
}

/**
 * Calls the pipeline with a processor that tells its picture, and with a model whose scores are refined before the pipeline
 * sees them: its own ways to make masks of scores are synchronous.
 */
async function call(pipeline: SegmentationPipeline, plan: Plan, words: readonly unknown[]): Promise<unknown> {
  let picture: PixelData | undefined;
  let done = false;
  const processor = after(pipeline.processor, (inputs: unknown, [pictures]: readonly unknown[]) => {
    [picture] = pictures as readonly PixelData[];
    return inputs;
  });
  const model = after(pipeline.model, async (output: ModelOutput) => {
    const refinedOutput = await refineScores(output, picture!, pipeline, plan);
    done = refinedOutput !== undefined;
    return refinedOutput ?? output;
  });
  const inner = Object.create(pipeline, {
    processor: { value: processor },
    model: { value: model },
  }) as typeof pipeline;
  const result: unknown = await pipeline._call.call(inner, ...(words as never[]));
  return done ? result : await refineMasks(result as readonly Segment[], picture!, plan);
}

/** The same function with the same members, whose result goes through another one, with what it was called with. */
function after<Result>(callee: unknown, change: (result: Result, words: readonly unknown[]) => unknown): unknown {
  type Callee = (...words: unknown[]) => Promise<Result>;
  return new Proxy(callee as Callee, {
    apply: async (target, self, words: unknown[]) => change(await Reflect.apply(target, self, words), words),
  });
}
