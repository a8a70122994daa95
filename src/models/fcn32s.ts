import type { Device } from "../device/device.ts";
import { fit, upsample } from "./head.ts";
import { type Network, network } from "./network.ts";
import { makeParameters, upsampling } from "./parameters.ts";
import { checkArguments, fcnNames, type FcnOptions, trunk, trunkTable, withDefaults } from "./trunk.ts";

/**
 * FCN-32s (Long, Shelhamer and Darrell, CVPR 2015): VGG-16's scores of every 32nd pixel, interpolated by one transposed
 * convolution of 64×64. Geometry and names of berkeley's voc-fcn32s.
 * @throws ValueError; LimitError where the device cannot hold a parameter
 */
export function fcn32s(device: Device, options: FcnOptions): Network {
  checkArguments("fcn32s", device, options, fcnNames);
  const own = withDefaults("fcn32s", options);
  const table = { ...trunkTable(own), ...upsampling("upscore", own.classes, 64) };
  const parameters = makeParameters(device, table, own.seed);
  return network({
    name: "fcn32s",
    parameters,
    forward: async (image, pass) => {
      const { scores, pool3, pool4 } = await trunk(parameters, image, pass, own);
      pass.free(pool3);
      pass.free(pool4);
      return await fit(await upsample(parameters, "upscore", scores, 32, pass), image, 19, pass);
    },
  });
}
