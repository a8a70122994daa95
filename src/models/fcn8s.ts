import type { Device } from "../device/device.ts";
import { checkArguments, makeNetwork } from "./makeNetwork.ts";
import type { Network } from "./network.ts";
import { type Fcn8sOptions, networkOptions } from "./specification.ts";

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
  checkArguments("fcn8s", device, options, networkOptions.fcn8s);
  return makeNetwork("fcn8s", device, "fcn8s", options);
}
