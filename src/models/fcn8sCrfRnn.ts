import { callNames, type CrfCall, type CrfOptions, crfRnn } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { fcn8sNames, fcn8sScores, type Fcn8sOptions, fcn8sTable } from "./fcn8s.ts";
import { type Network, network } from "./network.ts";
import { makeParameters } from "./parameters.ts";
import type { NetworkCall } from "./pass.ts";
import { checkArguments } from "./trunk.ts";

export interface Fcn8sCrfRnnOptions extends Fcn8sOptions {
  readonly crf?: Omit<CrfOptions, "classes">;
}

/** Per call: what a network and what a CRF-RNN layer may be asked. */
export type Fcn8sCrfRnnCall = NetworkCall & CrfCall;

/**
 * FCN-8s with a CRF-RNN layer on its scores, end to end (Zheng et al., ICCV 2015): the image itself is the guide, and
 * upscore2 has a bias and learns, as in the published network. Start it from FCN-8s with `adopt`. Besides the network's
 * parameters it has the layer's: spatialWeight, bilateralWeight, compatibility and bandwidths.
 * @throws ValueError, ShapeError; LimitError where the device cannot hold a parameter
 */
export function fcn8sCrfRnn(device: Device, options: Fcn8sCrfRnnOptions): Network<Fcn8sCrfRnnCall> {
  checkArguments("fcn8sCrfRnn", device, options, { ...fcn8sNames, crf: true });
  const { crf: crfOptions, ...given } = options;
  const own = { upscore2Bias: true, ...given };
  const parameters = makeParameters(device, fcn8sTable(own), own.seed ?? 0);
  const crf = crfRnn(device, { ...crfOptions, classes: own.classes });
  return network({
    name: "fcn8sCrfRnn",
    parameters: { ...parameters, ...crf.parameters },
    optional: ["bandwidths"],
    callNames,
    forward: async (image, pass, call: Fcn8sCrfRnnCall) => {
      const scores = await fcn8sScores(parameters, image, pass, own);
      const { iterations, onIteration, signal } = call;
      const logits = await pass.layer("crf", await crf(scores, image, { iterations, onIteration, signal }));
      pass.free(scores);
      return logits;
    },
    dispose: () => crf.dispose(),
  });
}
