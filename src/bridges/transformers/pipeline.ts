import { ValueError } from "../../errors.ts";
import { kindOf, remedyFor } from "../../values.ts";

/** A picture or a mask of transformers.js (`RawImage`), by the members that are used here. */
export interface RawPicture {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}

/** One thing that a pipeline has found in a picture. */
export interface Segment {
  readonly label: string | null;
  readonly score: number | null;
  readonly mask: RawPicture;
}

/** A tensor of transformers.js. */
export interface ModelTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly location: string;
  readonly data: unknown;
  readonly gpuBuffer: unknown;
  dispose(): void;
}

/** What a model tells, by name. */
export type ModelOutput = Readonly<Record<string, ModelTensor | undefined>>;

/** A pipeline of transformers.js for pictures, such as "image-segmentation", by the members that are used here. */
export interface SegmentationPipeline {
  (...words: never[]): Promise<unknown>;
  _call(...words: never[]): Promise<unknown>;
  readonly processor: unknown;
  readonly model: unknown;
}

/** @throws ValueError for what is no pipeline for pictures */
export function requirePipeline(where: string, pipeline: unknown): asserts pipeline is SegmentationPipeline {
  const { _call, processor, model } = (pipeline ?? {}) as Partial<SegmentationPipeline>;
  if ([pipeline, _call, processor, model].every((part) => typeof part === "function")) return;
  throw new ValueError({
    where,
    expected: "a pipeline of transformers.js for pictures",
    got: kindOf(pipeline),
    remedy: remedyFor(pipeline, 'pass what await pipeline("image-segmentation") gives'),
  });
}
