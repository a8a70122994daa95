import { add } from "../nn/add.ts";
import { convTranspose2d } from "../nn/convTranspose2d.ts";
import { crop } from "../nn/crop.ts";
import { mapSize } from "../nn/mapSize.ts";
import { scale } from "../nn/scale.ts";
import type { Tensor } from "../tensor.ts";
import type { Parameters } from "./parameters.ts";
import type { Pass } from "./pass.ts";
import { convolve } from "./trunk.ts";

/** Scores `stride` times as dense, by the transposed convolution of this name; frees `scores`. */
export async function upsample(
  parameters: Parameters,
  name: string,
  scores: Tensor,
  stride: number,
  pass: Pass,
): Promise<Tensor> {
  const bias = parameters[`${name}.bias`];
  const result = convTranspose2d(scores, parameters[`${name}.weight`]!, { bias, stride });
  pass.free(scores);
  return await pass.layer(name, result);
}

/** Where a skip joins in. */
export interface Skip {
  readonly pool: "pool3" | "pool4";
  /** What the pooled features are multiplied by before they are scored. */
  readonly scale: number;
  /** First row and column of their scores that have a counterpart. */
  readonly offset: number;
}

/** Adds the scores of a pooling layer to `scores`; frees both. */
export async function fuse(
  parameters: Parameters,
  scores: Tensor,
  features: Tensor,
  { pool, scale: factor, offset }: Skip,
  pass: Pass,
): Promise<Tensor> {
  const scaled = factor === 1 ? features : await pass.layer(`${pool} scaled`, scale(features, factor));
  const scored = await convolve(parameters, `score_${pool}`, scaled, pass);
  pass.free(features);
  pass.free(scaled);
  const { height, width } = mapSize("fuse", scores);
  const cropped = await pass.layer(`score_${pool} cropped`, crop(scored, { y: offset, x: offset, height, width }));
  pass.free(scored);
  const fused = await pass.layer(`fuse_${pool}`, add(scores, cropped));
  pass.free(scores);
  pass.free(cropped);
  return fused;
}

/** The scores of the image's own pixels, which begin at `offset`; frees `scores`. */
export async function fit(scores: Tensor, image: Tensor, offset: number, pass: Pass): Promise<Tensor> {
  const { height, width } = mapSize("fit", image);
  const result = crop(scores, { y: offset, x: offset, height, width });
  pass.free(scores);
  return await pass.layer("score", result);
}
