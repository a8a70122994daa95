import type { Device } from "../device/device.ts";
import { ValueError } from "../errors.ts";
import type { Names } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import { fit, fuse, upsample } from "./head.ts";
import { type Network, network } from "./network.ts";
import { convolution, makeParameters, type Parameters, type Table, upsampling } from "./parameters.ts";
import type { Pass } from "./pass.ts";
import { checkArguments, fcnNames, type FcnOptions, trunk, trunkTable, withDefaults } from "./trunk.ts";

export interface Fcn8sOptions extends FcnOptions {
  /** Whether upscore2 has a bias, as in CRF-RNN's network. Default: false. */
  readonly upscore2Bias?: boolean;
  /**
   * What pool4 and pool3, in this order, are multiplied by before they are scored: [1, 1] (default) where one stage is
   * trained after the other, [0.01, 0.0001] where all are trained at once.
   */
  readonly poolScales?: readonly [pool4: number, pool3: number];
}

export const fcn8sNames: Names<Fcn8sOptions> = { ...fcnNames, upscore2Bias: true, poolScales: true };

/**
 * FCN-8s (Long, Shelhamer and Darrell, CVPR 2015): FCN-16s with pool3's scores joined in. Geometry and names of
 * berkeley's voc-fcn8s and of CRF-RNN's network. Start it from FCN-16s with `adopt`.
 * @throws ValueError; LimitError where the device cannot hold a parameter
 * @example
 * const network = fcn8s(device, { classes: 21 });
 * await network.load(Object.fromEntries(checkpoint.tensors));
 * const scores = await network(image);
 */
export function fcn8s(device: Device, options: Fcn8sOptions): Network {
  checkArguments("fcn8s", device, options, fcn8sNames);
  const parameters = makeParameters(device, fcn8sTable(options), options.seed ?? 0);
  return network({
    name: "fcn8s",
    parameters,
    forward: (image, pass) => fcn8sScores(parameters, image, pass, options),
  });
}

/** @throws ValueError */
export function fcn8sTable(options: Fcn8sOptions): Table {
  const own = withDefaults("fcn8s", options);
  const { poolScales = [1, 1], upscore2Bias = false } = options;
  if (poolScales.length !== 2 || !poolScales.every(Number.isFinite)) {
    throw new ValueError({ where: "fcn8s", expected: "two finite poolScales", got: String(poolScales) });
  }
  const { classes, widths } = own;
  const bias: Table = upscore2Bias ? { "upscore2.bias": { shape: [classes], initial: "zero" } } : {};
  return {
    ...trunkTable(own),
    ...upsampling("upscore2", classes, 4),
    ...bias,
    ...convolution("score_pool4", classes, widths[3]!, 1, "zero"),
    ...upsampling("upscore_pool4", classes, 4),
    ...convolution("score_pool3", classes, widths[2]!, 1, "zero"),
    ...upsampling("upscore8", classes, 16),
  };
}

/** The network's forward pass. */
export async function fcn8sScores(
  parameters: Parameters,
  image: Tensor,
  pass: Pass,
  options: Fcn8sOptions,
): Promise<Tensor> {
  const [scale4, scale3] = options.poolScales ?? [1, 1];
  const { scores, pool3, pool4 } = await trunk(parameters, image, pass, withDefaults("fcn8s", options));
  const doubled = await upsample(parameters, "upscore2", scores, 2, pass);
  const coarse = await fuse(parameters, doubled, pool4, { pool: "pool4", scale: scale4, offset: 5 }, pass);
  const finer = await upsample(parameters, "upscore_pool4", coarse, 2, pass);
  const fine = await fuse(parameters, finer, pool3, { pool: "pool3", scale: scale3, offset: 9 }, pass);
  return await fit(await upsample(parameters, "upscore8", fine, 8, pass), image, 31, pass);
}
