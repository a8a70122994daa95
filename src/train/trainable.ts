import type { Parameters } from "../models/parameters.ts";
import type { Tensor } from "../tensor.ts";
import type { Sample } from "./sample.ts";

/** Labels that a model gives to an image, `[height, width]`. */
export interface Prediction {
  /** The labels of the network alone. */
  readonly network: Uint8Array<ArrayBuffer>;
  /** After the CRF, where the model has one. */
  readonly crf?: Uint8Array<ArrayBuffer>;
}

/** A prediction with what it costs. */
export interface Judged extends Prediction {
  /** The loss of the logits, summed over the pixels that count. */
  readonly loss: number;
}

/** Called with the name of each layer and its result, in the order of the computation. */
export type Listener = (layer: string, result: Tensor) => void | Promise<void>;

/** A model as the training loop sees it. */
export interface Trainable extends Disposable {
  /** All parameters, which is what a checkpoint holds. */
  readonly parameters: Parameters;
  /** The names of the parameters that are learned. */
  readonly learned: readonly string[];
  /**
   * Computes the loss of one sample as one value, which is recorded where a tape watches parameters. `seed` is the seed
   * of dropout. `listener` is called for every layer.
   */
  loss(sample: Sample, seed: number, listener?: Listener): Promise<Tensor>;
  predict(sample: Sample): Promise<Judged>;
  /** Resolves when everything queued has run. */
  finish(): Promise<void>;
}
