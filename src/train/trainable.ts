import type { Tensor } from "../tensor.ts";
import type { Sample } from "./sample.ts";

/** Parameters by name, as checkpoints have them. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** How much of the rate and of the decay a parameter takes (Caffe's lr_mult and decay_mult); 1 and 1 where not given. */
export interface Multiplier {
  readonly rate: number;
  readonly decay: number;
}

/** Labels that a model gives to an image, `[height, width]`. */
export interface Prediction {
  /** By the network alone. */
  readonly network: Uint8Array<ArrayBuffer>;
  /** After the CRF, where the model has one. */
  readonly crf?: Uint8Array<ArrayBuffer>;
}

/** Told the name of each layer and its result, in the order of the computation. */
export type Listener = (layer: string, result: Tensor) => void | Promise<void>;

/** A model as the training loop sees it. */
export interface Trainable extends Disposable {
  /** All of them: what a checkpoint holds. */
  readonly parameters: Parameters;
  /** Names of those that are learned. */
  readonly learned: readonly string[];
  /**
   * The loss of one sample, one value; recorded where a tape watches parameters. `seed`: for dropout. `listener` hears of
   * every layer.
   */
  loss(sample: Sample, seed: number, listener?: Listener): Promise<Tensor>;
  predict(sample: Sample): Promise<Prediction>;
  /** Resolves when everything queued has run. */
  finish(): Promise<void>;
}

/** What changes the parameters. */
export interface Optimizer extends Disposable {
  /** What it remembers between steps, by name, for checkpoints. */
  readonly state: Parameters;
  /** One step of `rate` with gradients by the learned tensors; it keeps none of them. */
  step(gradients: ReadonlyMap<Tensor, Tensor>, rate: number): void | Promise<void>;
}
