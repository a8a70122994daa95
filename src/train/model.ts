import { crfRnn, type CrfCall, type CrfRnn } from "../crf/crfRnn.ts";
import { argmax } from "../data/argmax.ts";
import type { Image } from "../data/images.ts";
import { resizeBilinear } from "../data/resize.ts";
import type { Device } from "../device/device.ts";
import { fcn16s } from "../models/fcn16s.ts";
import { fcn32s } from "../models/fcn32s.ts";
import { fcn8s } from "../models/fcn8s.ts";
import type { Network } from "../models/network.ts";
import type { NetworkCall } from "../models/pass.ts";
import type { Tensor } from "../tensor.ts";
import type { Configuration, CrfConfiguration } from "./configuration.ts";
import { purpose, randomBits } from "./random.ts";
import { networkInput, type GivenLogits } from "./sample.ts";

/** An image as models take it: by itself, or with another network's logits. */
export interface ModelInput {
  readonly image: Image;
  readonly logits?: GivenLogits;
}

/** What the CRF works on. */
export interface Scored extends Disposable {
  /** `[height, width, classes]` */
  readonly logits: Tensor;
  /** `[height, width, 3]`: blue, green, red less the mean. */
  readonly guide: Tensor;
}

/** A network, or given logits in its place, and a CRF or none. */
export class Model implements Disposable {
  readonly device: Device;
  readonly classes: number;
  readonly network: Network | undefined;
  readonly crf: CrfRnn | undefined;

  constructor(device: Device, classes: number, network: Network | undefined, crf: CrfRnn | undefined) {
    this.device = device;
    this.classes = classes;
    this.network = network;
    this.crf = crf;
  }

  /** By the names of checkpoints. */
  get parameters(): Readonly<Record<string, Tensor>> {
    return { ...this.network?.parameters, ...this.crf?.parameters };
  }

  /** Runs the network, or puts the given logits on the device, resized to the image as DeepLab does: corners aligned. */
  async score({ image, logits: given }: ModelInput, call: NetworkCall = {}): Promise<Scored> {
    const { height, width, values } = image;
    const guide = this.device.tensor([height, width, 3], networkInput(values));
    const logits = this.network
      ? await this.network(guide, call)
      : this.device.tensor([height, width, this.classes], resized(given!, image));
    const dispose = (): void => [logits, guide].forEach((tensor) => tensor.dispose());
    return { logits, guide, [Symbol.dispose]: dispose };
  }

  /** The most likely label of every pixel, by the CRF where there is one. */
  async predict(input: ModelInput, call: CrfCall = {}): Promise<Uint8Array<ArrayBuffer>> {
    using scored = await this.score(input);
    if (!this.crf) return argmax(await scored.logits.read(), this.classes);
    using refined = await this.crf(scored.logits, scored.guide, call);
    return argmax(await refined.read(), this.classes);
  }

  [Symbol.dispose](): void {
    this.network?.dispose();
    this.crf?.dispose();
  }
}

const resized = ({ shape, values }: GivenLogits, { height, width }: Image): Float32Array =>
  resizeBilinear(values, shape, [height, width], { alignCorners: true });

/** What a network is made by. */
export interface NetworkPlan {
  readonly stage: Configuration["stage"];
  readonly classes: number;
  readonly widths: readonly number[];
  readonly fc: number;
  readonly scales: "staged" | "at-once";
  readonly upscore2Bias: boolean;
  readonly dropout?: number;
  readonly seed?: number;
}

/** A stage's network; each stage takes those of the plan's options that it has. */
export function createNetwork(device: Device, plan: NetworkPlan): Network {
  const { stage, classes, widths, fc, dropout, seed, upscore2Bias } = plan;
  const trunk = { classes, widths, fc, dropout, seed };
  const poolScales = plan.scales === "staged" ? ([1, 1] as const) : ([0.01, 0.0001] as const);
  if (stage === "fcn32s") return fcn32s(device, trunk);
  if (stage === "fcn16s") return fcn16s(device, { ...trunk, poolScales });
  return fcn8s(device, { ...trunk, poolScales, upscore2Bias });
}

/** The model that a configuration describes, its parameters drawn by the seed. */
export function createModel(device: Device, configuration: Configuration): Model {
  const { stage, network, crf } = configuration;
  const classes = configuration.classes.length;
  const seed = randomBits(configuration.seed, purpose.initialization);
  const upscore2Bias = stage === "crf-rnn";
  const made = network && createNetwork(device, { ...network, stage, classes, upscore2Bias, seed });
  return new Model(device, classes, made, crf && createCrf(device, classes, crf));
}

export function createCrf(
  device: Device,
  classes: number,
  {
    iterations,
    tied,
    normalization,
    activation,
    bandwidths,
    weights,
    learn,
  }: Omit<CrfConfiguration, "multipliers" | "network">,
): CrfRnn {
  const [alpha, beta, gamma] = bandwidths;
  return crfRnn(device, {
    classes,
    iterations,
    tied,
    normalization,
    activation,
    bilateral: { position: alpha, color: beta, weight: weights.bilateral },
    spatial: { position: gamma, weight: weights.spatial },
    learn,
  });
}
