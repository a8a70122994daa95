import type { Device } from "../device/device.ts";
import { fit, fuse, upsample } from "./head.ts";
import { type Network, network } from "./network.ts";
import { convolution, makeParameters, upsampling } from "./parameters.ts";
import { checkArguments, fcnNames, type FcnOptions, trunk, trunkTable, withDefaults } from "./trunk.ts";

export interface Fcn16sOptions extends FcnOptions {
  /** What pool4 is multiplied by before it is scored, as for `fcn8s`; that of pool3 has no use here. Default: [1]. */
  readonly poolScales?: readonly [pool4: number, pool3?: number];
}

/**
 * FCN-16s (Long, Shelhamer and Darrell, CVPR 2015): FCN-32s with pool4's scores joined in. Geometry and names of
 * berkeley's voc-fcn16s. Start it from FCN-32s with `adopt`.
 * @throws ValueError; LimitError where the device cannot hold a parameter
 */
export function fcn16s(device: Device, options: Fcn16sOptions): Network {
  checkArguments("fcn16s", device, options, { ...fcnNames, poolScales: true });
  const own = withDefaults("fcn16s", options);
  const [poolScale] = options.poolScales ?? [1];
  const table = {
    ...trunkTable(own),
    ...upsampling("upscore2", own.classes, 4),
    ...convolution("score_pool4", own.classes, own.widths[3]!, 1, "zero"),
    ...upsampling("upscore16", own.classes, 32),
  };
  const parameters = makeParameters(device, table, own.seed);
  return network({
    name: "fcn16s",
    parameters,
    forward: async (image, pass) => {
      const { scores, pool3, pool4 } = await trunk(parameters, image, pass, own);
      pass.free(pool3);
      const doubled = await upsample(parameters, "upscore2", scores, 2, pass);
      const fused = await fuse(parameters, doubled, pool4, { pool: "pool4", scale: poolScale, offset: 5 }, pass);
      return await fit(await upsample(parameters, "upscore16", fused, 16, pass), image, 27, pass);
    },
  });
}
