import { record } from "../tape.ts";
import type { Tensor } from "../tensor.ts";
import { transform } from "./compatibility.ts";

/** A diagonal matrix [d, d]. */
const diagonal = (bandwidths: Tensor, values: readonly number[]): Tensor => {
  const d = values.length;
  const matrix = new Float32Array(d * d);
  for (let k = 0; k < d; k++) matrix[k * d + k] = values[k]!;
  return bandwidths.device.tensor([d, d], matrix);
};

/**
 * Divides features [..., d] by bandwidths [d], one for each of them, whose `values` have been read. Gradients flow to both.
 */
export function scaledFeatures(features: Tensor, bandwidths: Tensor, values: readonly number[]): Tensor {
  const scales = values.map((value) => 1 / value);
  const scaled = (given: Tensor): Tensor => {
    using plain = given.alias();
    using matrix = diagonal(bandwidths, scales);
    return transform(plain, matrix);
  };
  return record(scaled(features), [features, bandwidths], [features], async (gradient, [ofFeatures, ofBandwidths]) => {
    // The slope by θ_k is −Σ g·f / θ_k² over all points.
    const slopes = ofBandwidths ? await slopesOf(features, gradient, scales) : undefined;
    return [ofFeatures ? scaled(gradient) : undefined, slopes && features.device.tensor(bandwidths.shape, slopes)];
  });
}

async function slopesOf(features: Tensor, gradient: Tensor, scales: readonly number[]): Promise<Float32Array> {
  const [values, slopes] = await Promise.all([features, gradient].map((one) => readAlias(one)));
  const d = scales.length;
  const sums = new Float64Array(d);
  for (let at = 0; at < values!.length; at++) sums[at % d]! -= values![at]! * slopes![at]!;
  return Float32Array.from(sums, (sum, k) => sum * scales[k]! ** 2);
}

/** Reads what is held, whether or not its owner has disposed of it. */
async function readAlias(tensor: Tensor): Promise<Float32Array> {
  using alias = tensor.alias();
  return await alias.read();
}
