import type { Device } from "../device/device.ts";
import { checkArguments, makeNetwork } from "./makeNetwork.ts";
import type { Network } from "./network.ts";
import { type Fcn16sOptions, networkOptions } from "./specification.ts";

/**
 * FCN-16s (Long, Shelhamer and Darrell, CVPR 2015): FCN-32s with pool4's scores joined in. Geometry and names of
 * berkeley's voc-fcn16s. Start it from FCN-32s with `adopt`.
 * @throws ValueError; LimitError where the device cannot hold a parameter
 */
export function fcn16s(device: Device, options: Fcn16sOptions): Network {
  checkArguments("fcn16s", device, options, networkOptions.fcn16s);
  return makeNetwork("fcn16s", device, "fcn16s", options);
}
