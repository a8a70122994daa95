import { argmax } from "../data/argmax.ts";
import type { Device } from "../device/device.ts";
import { ValueError } from "../errors.ts";
import { add } from "../nn/add.ts";
import { crossEntropy, robustLogLikelihood } from "../nn/crossEntropy.ts";
import { dice } from "../nn/dice.ts";
import { type CrfRates, crfMultipliers, fcnMultipliers } from "../models/multipliers.ts";
import { adam } from "../optim/adam.ts";
import { matches, multiplierOf, type Multipliers } from "../optim/multipliers.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { sgd } from "../optim/sgd.ts";
import type { Labels } from "../labels.ts";
import type { Tensor } from "../tensor.ts";
import { type Configuration, isAveraged, type Loss } from "./configuration.ts";
import { createModel, type Model } from "./model.ts";
import type { Sample } from "./sample.ts";
import type { Judged, Listener, Prediction, Trainable } from "./trainable.ts";

/** Rates and decays of a configuration's parameters; a rate of 0 for those that are not learned. */
export function multipliersOf({ stage, network, crf }: Configuration): Multipliers {
  const none = { rate: 0 };
  const when = (name: keyof CrfRates): number => (crf?.learn[name] ? crf.multipliers[name] : 0);
  const rates = { weights: when("weights"), compatibility: when("compatibility"), bandwidths: when("bandwidths") };
  return {
    ...(stage === "crf-rnn" ? crfMultipliers(rates) : fcnMultipliers),
    ...Object.fromEntries(network?.frozen?.map((layer) => [`${layer}*`, none]) ?? []),
    ...(crf && !crf.network && { "*.weight": none, "*.bias": none }),
  };
}

/** Whether a parameter is learned. */
export const isLearned = (name: string, configuration: Configuration): boolean =>
  multiplierOf(name, multipliersOf(configuration)).rate > 0;

/** A model that learns by the loss of its configuration. */
class Learner implements Trainable {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly learned: readonly string[];
  readonly #model: Model;
  readonly #loss: Loss;
  readonly #weights: readonly number[] | undefined;
  /** Options of the calls that judge. */
  readonly #judging: { readonly iterations?: number };

  constructor(model: Model, configuration: Configuration) {
    this.#model = model;
    this.#loss = configuration.loss;
    this.#weights = configuration.classWeights;
    this.#judging = { iterations: configuration.crf?.validationIterations };
    this.parameters = model.parameters;
    this.learned = Object.keys(this.parameters).filter((name) => isLearned(name, configuration));
  }

  async loss(sample: Sample, seed: number, listener?: Listener): Promise<Tensor> {
    const { device, network } = this.#model;
    const { height, width } = sample.image;
    if (network) network.seed = seed;
    using logits = await this.#model.logits(sample, { onLayer: listener });
    using labels = device.labels([height, width], sample.labels);
    return this.#costOf(logits, labels);
  }

  async predict(sample: Sample): Promise<Judged> {
    const labelsOf = async (scores: Tensor) => argmax(requireFinite(await scores.read()), this.#model.classes);
    let network: Prediction["network"] | undefined;
    const onLayer = async (name: string, scores: Tensor): Promise<void> => {
      if (name === "score") network = await labelsOf(scores);
    };
    if (!this.#model.refines) {
      using logits = await this.#model.logits(sample);
      return { network: await labelsOf(logits), loss: await this.#lossOf(logits, sample) };
    }
    using logits = await this.#model.logits(sample, { onLayer, ...this.#judging });
    const crf = await labelsOf(logits);
    return { network: network ?? crf, crf, loss: await this.#lossOf(logits, sample) };
  }

  #costOf(logits: Tensor, labels: Labels): Tensor {
    const weights = this.#weights;
    switch (this.#loss) {
      case "robust":
        return robustLogLikelihood(logits, labels, { weights });
      case "dice":
        return dice(logits, labels);
      case "mean+dice": {
        using averaged = crossEntropy(logits, labels, { reduction: "mean", weights });
        using regions = dice(logits, labels);
        return add(averaged, regions);
      }
      default:
        return crossEntropy(logits, labels, { reduction: this.#loss, weights });
    }
  }

  /** The loss summed over the pixels that count: where it is one number an image, each of them has that. */
  async #lossOf(logits: Tensor, { image, labels }: Sample): Promise<number> {
    using truth = this.#model.device.labels([image.height, image.width], labels);
    using loss = this.#costOf(logits, truth);
    const [value] = await loss.read();
    return isAveraged(this.#loss) ? value! * truth.counted() : value!;
  }

  finish(): Promise<void> {
    return this.#model.device.finish();
  }

  [Symbol.dispose](): void {
    this.#model[Symbol.dispose]();
  }
}

/** Refuses NaN, because it cannot be compared and labels made from it would be meaningless. */
function requireFinite(scores: Float32Array): Float32Array {
  const stray = scores.findIndex((score) => !Number.isFinite(score));
  if (stray < 0) return scores;
  throw new ValueError({ where: "the model", expected: "finite scores", got: `${scores[stray]} at ${stray}` });
}

/** The configuration's model, its parameters drawn by the seed. @throws ValueError where a frozen layer is none of it */
export function createTrainable(device: Device, configuration: Configuration): Trainable {
  const model = createModel(device, configuration);
  try {
    checkFrozen(configuration.network?.frozen ?? [], Object.keys(model.parameters));
    return new Learner(model, configuration);
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

function checkFrozen(frozen: readonly string[], names: readonly string[]): void {
  const stray = frozen.find((layer) => !names.some((name) => name.startsWith(layer)));
  if (stray === undefined) return;
  const layers = new Set(names.filter((name) => name.includes(".")).map((name) => name.split(".")[0]));
  throw new ValueError({
    where: "--freeze",
    expected: `layers of the network: ${[...layers].join(", ")}, or how some of these begin`,
    got: `'${stray}'`,
  });
}

export function createOptimizer({ parameters }: Trainable, configuration: Configuration): Optimizer {
  const { kind, rate, momentum, decay, clip } = configuration.optimizer;
  const options = { rate, decay, clip, multipliers: ratesOf(Object.keys(parameters), configuration) };
  if (kind === "sgd") return sgd(parameters, { ...options, momentum });
  return adam(parameters, { ...options, decoupled: kind === "adamw" });
}

/** The multipliers of each parameter: those of the configuration, times the factors of all patterns that match its name. */
export function ratesOf(names: readonly string[], configuration: Configuration): Multipliers {
  const multipliers = multipliersOf(configuration);
  const factors = Object.entries(configuration.optimizer.rates ?? {});
  for (const [pattern] of factors) {
    if (names.some((name) => matches(name, pattern))) continue;
    throw new ValueError({
      where: "--rate-of",
      expected: `parameters of the model, as ${names.slice(0, 2).join(", ")}, or patterns of them with *`,
      got: `'${pattern}'`,
    });
  }
  const factorOf = (name: string): number =>
    factors.reduce((product, [pattern, factor]) => (matches(name, pattern) ? product * factor : product), 1);
  return Object.fromEntries(
    names.map((name) => {
      const { rate, decay } = multiplierOf(name, multipliers);
      return [name, { rate: rate * factorOf(name), decay }];
    }),
  );
}
