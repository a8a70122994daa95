import { type CrfOptions, crfRnn, type PlainCrfCall, plainCallNames } from "../crf/crfRnn.ts";
import type { Device } from "../device/device.ts";
import { ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { requireOptions } from "../options.ts";
import { scale } from "../nn/scale.ts";
import { type Complete, type Given, namesOf, requireDescribed, withDefaults } from "../description.ts";
import { forward } from "./forward.ts";
import { tableOf } from "./layers.ts";
import { type Network, network } from "./network.ts";
import { makeParameters } from "./parameters.ts";
import type { NetworkCall } from "./pass.ts";
import { channels, layersOf, networkOptions, type FcnStage } from "./specification.ts";

/** Options of one call: those of a network and those of a CRF-RNN layer. */
export type CrfNetworkCall = NetworkCall & PlainCrfCall;

export type StageOptions<Of extends FcnStage> = Given<(typeof networkOptions)[Of]> & { readonly classes: number };

/** @throws ValueError for what is no device, and for options that the network `name` does not have */
export function checkArguments(
  name: string,
  device: Device,
  options: unknown,
  descriptions: object,
  more: Readonly<Record<string, true>> = {},
): void {
  requireDevice(name, device);
  requireOptions(name, options, { classes: true, ...namesOf(descriptions), ...more });
  if (options === undefined) throw new ValueError({ where: name, expected: "options with classes", got: "nothing" });
}

/** Completes the options of a network by its defaults, and lists its layers. @throws ValueError */
export function architectureOf<Of extends FcnStage>(name: string, stage: Of, options: StageOptions<Of>) {
  const { classes } = options;
  requireDescribed(name, "classes", channels, classes);
  const all: Complete<typeof networkOptions.fcn8s> = withDefaults(name, networkOptions.fcn8s, {});
  const own = { ...all, classes, ...withDefaults(name, networkOptions[stage], options) };
  return { own, layers: layersOf(stage, own) };
}

/**
 * A network of the specification, alone or with a CRF-RNN layer on its scores over `temperature`, to which the image itself is the guide.
 * @throws ValueError, ShapeError; LimitError where the device cannot hold a parameter
 */
export function makeNetwork<Of extends FcnStage>(
  name: string,
  device: Device,
  stage: Of,
  options: StageOptions<Of>,
  crfOptions?: Omit<CrfOptions, "classes">,
  temperature = 1,
): Network<CrfNetworkCall> {
  const { own, layers } = architectureOf(name, stage, options);
  const { classes } = own;
  const parameters = makeParameters(device, tableOf(layers), own.seed, own.precision);
  const crf = crfOptions && crfRnn(device, { ...crfOptions, classes });
  return network<CrfNetworkCall>({
    name,
    device,
    parameters,
    precision: own.precision,
    crf: crf?.parameters,
    callNames: crf && plainCallNames,
    forward: async (image, pass, call) => {
      // oxlint-disable-next-line typescript/no-deprecated -- A name stays for one version after another takes its place.
      const recomputed = own.recompute || own.checkpoints;
      const scores = await forward(layers, parameters, image, pass, { recomputed, precision: own.precision });
      if (!crf) return scores;
      const { iterations, until, prune, onPruned, onIteration, signal } = call;
      using scaled = temperature === 1 ? undefined : scale(scores, 1 / temperature);
      const refined = await crf(scaled ?? scores, image, { iterations, until, prune, onPruned, onIteration, signal });
      const logits = await pass.layer("crf", refined);
      pass.free(scores);
      return logits;
    },
    dispose: () => crf?.dispose(),
  });
}
