import type { Device } from "../device/device.ts";
import { checkArguments, makeNetwork } from "./makeNetwork.ts";
import type { Network } from "./network.ts";
import { type FcnOptions, networkOptions } from "./specification.ts";

/**
 * FCN-32s (Long, Shelhamer and Darrell, CVPR 2015): VGG-16's scores of every 32nd pixel, interpolated by one transposed
 * convolution of 64×64. Geometry and names of berkeley's voc-fcn32s.
 * @throws ValueError; LimitError where the device cannot hold a parameter
 */
export function fcn32s(device: Device, options: FcnOptions): Network {
  checkArguments("fcn32s", device, options, networkOptions.fcn32s);
  return makeNetwork("fcn32s", device, "fcn32s", options);
}
