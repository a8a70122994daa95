import type { CrfOptions } from "../crf/crfRnn.ts";
import { temperatureOption } from "../crf/options.ts";
import { requireDescribed } from "../description.ts";
import type { Device } from "../device/device.ts";
import { checkArguments, type CrfNetworkCall, makeNetwork } from "./makeNetwork.ts";
import type { Network } from "./network.ts";
import { type Fcn8sOptions, networkOptions } from "./specification.ts";

export interface Fcn8sCrfRnnOptions extends Fcn8sOptions {
  readonly crf?: Omit<CrfOptions, "classes">;
  /** By what the scores are divided before the CRF gets them. Default: 1. */
  readonly temperature?: number;
}

/** Options of one call: those of a network and those of a CRF-RNN layer. */
export type Fcn8sCrfRnnCall = CrfNetworkCall;

/**
 * FCN-8s with a CRF-RNN layer on its scores, end to end (Zheng et al., ICCV 2015): the image itself is the guide, and
 * upscore2 has a bias and learns, as in the published network. Start it from FCN-8s with `adopt`. Besides the network's
 * parameters it has the layer's: spatialWeight, bilateralWeight, compatibility and bandwidths.
 * @throws ValueError, ShapeError; LimitError where the device cannot hold a parameter
 */
export function fcn8sCrfRnn(device: Device, options: Fcn8sCrfRnnOptions): Network<Fcn8sCrfRnnCall> {
  checkArguments("fcn8sCrfRnn", device, options, networkOptions.fcn8s, { crf: true, temperature: true });
  const { crf = {}, temperature = temperatureOption.temperature.default, ...own } = options;
  requireDescribed("fcn8sCrfRnn", "temperature", temperatureOption.temperature, temperature);
  return makeNetwork("fcn8sCrfRnn", device, "fcn8s", { upscore2Bias: true, ...own }, crf, temperature);
}
