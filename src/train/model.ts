import { type PlainCrfCall, type CrfOptions, type CrfRnn, crfRnn } from "../crf/crfRnn.ts";
import { argmax } from "../data/argmax.ts";
import type { Image } from "../data/image.ts";
import { resizeBilinear } from "../data/resize.ts";
import type { Device } from "../device/device.ts";
import { InternalError } from "../errors.ts";
import { fcn8sCrfRnn } from "../models/fcn8sCrfRnn.ts";
import { type ConvLstm, convLstm, convLstmTable } from "../models/convLstm.ts";
import { type Layer, type ParameterTable, tableOf } from "../models/layers.ts";
import { type CrfNetworkCall, makeNetwork } from "../models/makeNetwork.ts";
import type { Network } from "../models/network.ts";
import type { Parameters } from "../models/parameters.ts";
import { layersOf, libraryOptions } from "../models/specification.ts";
import { scale } from "../nn/scale.ts";
import type { Tensor } from "../tensor.ts";
import type { Configuration, CrfConfiguration } from "./configuration.ts";
import { purpose, randomBits } from "../shared/random.ts";
import { networkInput, type GivenLogits } from "./sample.ts";

/** An image as models take it: by itself, or with another network's logits. */
export interface ModelInput {
  readonly image: Image;
  readonly logits?: GivenLogits;
}

/** The parts of a model. */
export interface ModelParts {
  readonly classes: number;
  /** The network, a CRF on top of it included; left out where the logits are given. */
  readonly network?: Network<CrfNetworkCall>;
  /** A convolutional LSTM on the scores of a network without a CRF. It has its own number of iterations. */
  readonly lstm?: ConvLstm;
  /** The CRF that works on given logits. */
  readonly crf?: CrfRnn;
  /** By what given logits are divided before that CRF gets them. Default: 1. */
  readonly temperature?: number;
}

/** A network, or logits that stand in for it, and optionally a CRF. */
export class Model implements Disposable {
  readonly device: Device;
  readonly classes: number;
  readonly network: Network<CrfNetworkCall> | undefined;
  /** The parameters, under the names that they have in checkpoints. */
  readonly parameters: Parameters;
  readonly #crf: CrfRnn | undefined;
  readonly #temperature: number;
  readonly #lstm: ConvLstm | undefined;

  constructor(device: Device, { classes, network, lstm, crf, temperature = 1 }: ModelParts) {
    this.device = device;
    this.classes = classes;
    this.network = network;
    this.#crf = crf;
    this.#temperature = temperature;
    this.#lstm = lstm;
    this.parameters = { ...network?.parameters, ...prefixed(lstm?.parameters), ...crf?.parameters };
  }

  /** Whether a CRF refines the scores. */
  get refines(): boolean {
    return "compatibility" in this.parameters;
  }

  /**
   * The logits of an image, refined where there is a CRF. `onLayer` hears "score" before, of the network's own or of the
   * given logits, which are resized to the image as DeepLab does: corners aligned.
   */
  async logits({ image, logits: given }: ModelInput, { onLayer, ...call }: CrfNetworkCall = {}): Promise<Tensor> {
    const { height, width, values } = image;
    using guide = this.device.tensor([height, width, 3], networkInput(values));
    if (this.network) {
      const scores = await this.network(guide, { onLayer, ...(this.refines ? call : {}) });
      if (!this.#lstm) return scores;
      using _scores = scores;
      return await this.#lstm(scores, guide, { signal: call.signal });
    }
    if (!given) throw new InternalError({ where: "model", expected: "logits, as it has no network", got: "none" });
    const scores = this.device.tensor([height, width, this.classes], resized(given, image));
    await onLayer?.("score", scores);
    if (!this.#crf) return scores;
    using _scores = scores;
    using scaled = this.#temperature === 1 ? undefined : scale(scores, 1 / this.#temperature);
    const refined = await this.#crf(scaled ?? scores, guide, call);
    await onLayer?.("crf", refined);
    return refined;
  }

  /** The most likely label of every pixel, by the CRF where there is one. */
  async predict(input: ModelInput, call: PlainCrfCall = {}): Promise<Uint8Array<ArrayBuffer>> {
    using logits = await this.logits(input, call);
    return argmax(await logits.read(), this.classes);
  }

  [Symbol.dispose](): void {
    this.network?.dispose();
    this.#lstm?.dispose();
    this.#crf?.dispose();
  }
}

const resized = ({ shape, values }: GivenLogits, { height, width }: Image): Float32Array =>
  resizeBilinear(values, shape, [height, width], { alignCorners: true });

/** The model that a configuration describes, its parameters drawn by the seed. */
export function createModel(device: Device, configuration: Configuration): Model {
  const classes = configuration.classes.length;
  const crf = configuration.crf && crfOptionsOf(configuration.crf);
  const described = networkOf(configuration);
  const temperature = configuration.crf?.temperature;
  if (!described) return new Model(device, { classes, crf: crf && crfRnn(device, { ...crf, classes }), temperature });
  const { stage, options } = described;
  const seeded = { ...options, seed: randomBits(configuration.seed, purpose.initialization) };
  const network = crf
    ? fcn8sCrfRnn(device, { ...seeded, crf, temperature })
    : makeNetwork(stage, device, stage, seeded);
  const lstm = configuration.lstm && convLstm(device, { ...configuration.lstm, classes, seed: seeded.seed });
  return new Model(device, { classes, network, lstm });
}

const lstmPrefix = "lstm.";

/** A layer's parameters as checkpoints name them, beside those of a network. */
const prefixed = <Each>(parameters: Readonly<Record<string, Each>> = {}): Record<string, Each> =>
  Object.fromEntries(Object.entries(parameters).map(([name, each]) => [lstmPrefix + name, each]));

/** Whether a parameter is one of a convolutional LSTM. */
export const isOfLstm = (name: string): boolean => name.startsWith(lstmPrefix);

/** The parameters of a network, and of a convolutional LSTM on it, that a configuration describes. */
export const networkTable = (configuration: Configuration): ParameterTable => ({
  ...tableOf(networkLayers(configuration)),
  ...(configuration.lstm && prefixed(convLstmTable(configuration.classes.length, configuration.lstm))),
});

/** The layers of the network that a configuration describes; none where the logits are given. */
export function networkLayers(configuration: Configuration): readonly Layer[] {
  const described = networkOf(configuration);
  return described ? layersOf(described.stage, described.options) : [];
}

function networkOf({ stage, classes, network }: Configuration) {
  if (!network) return undefined;
  const endToEnd = stage === "crf-rnn";
  const options = { ...libraryOptions(network), classes: classes.length, upscore2Bias: endToEnd };
  return { stage: endToEnd ? "fcn8s" : stage, options } as const;
}

/** W_s, W_b and C, in any form that the layer takes. */
export interface CrfMatrices {
  readonly weights: Readonly<
    Record<"spatial" | "bilateral", NonNullable<NonNullable<CrfOptions["spatial"]>["weight"]>>
  >;
  readonly compatibility?: CrfOptions["compatibility"];
}

/** The library's options for what a configuration says of a CRF. */
export function crfOptionsOf({
  iterations,
  tied,
  normalization,
  activation,
  bandwidths: [alpha, beta, gamma],
  weights,
  compatibility,
  learn,
}: Omit<CrfConfiguration, "multipliers" | "network" | "weights"> & CrfMatrices): Omit<CrfOptions, "classes"> {
  return {
    iterations,
    tied,
    normalization,
    activation,
    bilateral: { position: alpha, color: beta, weight: weights.bilateral },
    spatial: { position: gamma, weight: weights.spatial },
    compatibility,
    learn,
  };
}
