import {
  add,
  conv2d,
  crfRnn,
  type Device,
  filter,
  type KeptLattices,
  panels,
  scale,
  softmax,
  type Tensor,
} from "crf-rnn";
import { colorsOf, type Picture } from "../picture.ts";
import { scoresOf } from "./scores.ts";

/** The stages of an iteration, in the order of the figure. */
export const stageNames = [
  "marginals",
  "spatial",
  "bilateral",
  "weightedSpatial",
  "weightedBilateral",
  "message",
  "compatibility",
  "unary",
  "logits",
  "result",
] as const;
export type StageName = (typeof stageNames)[number];

export interface StagesRequest {
  readonly picture: Picture;
  /** θα, θβ and θγ. */
  readonly bandwidths: { readonly position: number; readonly color: number; readonly spatial: number };
  /** W_b and W_s, one number for all classes. */
  readonly weights: { readonly bilateral: number; readonly spatial: number };
  /** Which iteration is looked at, 1 … `iterations`. */
  readonly iteration: number;
  readonly iterations: number;
}

/** The maps of one iteration, each [N, L]. */
export interface Stages {
  readonly iteration: number;
  readonly classes: number;
  readonly maps: Readonly<Record<StageName, Float32Array<ArrayBuffer>>>;
}

/** The marginals after each number of iterations, of the last request. */
interface Run {
  readonly key: string;
  readonly unary: Float32Array;
  readonly classes: number;
  readonly marginals: readonly Float32Array[];
  readonly lattices: KeptLattices;
  /** W_s, W_b and C, [L, L] each. */
  readonly matrices: readonly Float32Array[];
}

/** Takes an iteration apart. It keeps the lattices and the iterations of the last picture: another iteration needs no other. */
export class StageMaker implements Disposable {
  readonly #device: Device;
  #run: Run | undefined;

  constructor(device: Device) {
    this.#device = device;
  }

  async make(request: StagesRequest, signal?: AbortSignal): Promise<Stages> {
    const { picture, iteration } = request;
    const run = await this.#iterate(request, signal);
    const { classes, lattices, matrices } = run;
    const device = this.#device;
    using scope = device.scope();
    const shape = [picture.height, picture.width, classes];
    const [spatialWeight, bilateralWeight, compatibility] = matrices.map((matrix) =>
      scope.tensor([classes, classes, 1, 1], matrix, panels),
    ) as [Tensor, Tensor, Tensor];
    // A matrix at every pixel is a convolution with a kernel of one pixel.
    const marginals = scope.tensor(shape, run.marginals[iteration - 1]);
    const unary = scope.tensor(shape, run.unary);
    const spatial = filter(marginals, lattices.spatial, { normalization: "after" });
    const bilateral = filter(marginals, lattices.bilateral, { normalization: "after" });
    const weightedSpatial = conv2d(spatial, spatialWeight);
    const weightedBilateral = conv2d(bilateral, bilateralWeight);
    const message = add(weightedSpatial, weightedBilateral);
    const pairwise = conv2d(message, compatibility);
    const logits = add(unary, scale(pairwise, -1));
    const tensors: Record<StageName, Tensor> = {
      marginals,
      spatial,
      bilateral,
      weightedSpatial,
      weightedBilateral,
      message,
      compatibility: pairwise,
      unary,
      logits,
      result: softmax(logits),
    };
    const maps = {} as Record<StageName, Float32Array<ArrayBuffer>>;
    for (const name of stageNames) maps[name] = (await tensors[name].read()) as Float32Array<ArrayBuffer>;
    return { iteration, classes, maps };
  }

  async #iterate(request: StagesRequest, signal?: AbortSignal): Promise<Run> {
    const { picture, bandwidths, weights, iterations } = request;
    const key = JSON.stringify([bandwidths, weights, iterations, picture.width, picture.height, sumOf(picture)]);
    if (this.#run?.key === key) return this.#run;
    const device = this.#device;
    const { width, height } = picture;
    const { data, classes } = await scoresOf(device, picture);
    using layer = crfRnn(device, {
      classes,
      iterations,
      bilateral: { position: bandwidths.position, color: bandwidths.color, weight: weights.bilateral },
      spatial: { position: bandwidths.spatial, weight: weights.spatial },
      warnings: false,
    });
    using guide = device.tensor([height, width, 3], colorsOf(picture));
    using unary = device.tensor([height, width, classes], data);
    const { spatialWeight, bilateralWeight, compatibility } = layer.parameters;
    const lattices = await layer.lattices(guide, { signal });
    try {
      const marginals: Float32Array[] = [];
      for await (const step of layer.steps(unary, lattices, { signal })) marginals.push(await step.marginals.read());
      const matrices = [await spatialWeight.read(), await bilateralWeight.read(), await compatibility.read()];
      this[Symbol.dispose]();
      return (this.#run = { key, unary: data, classes, marginals, lattices, matrices });
    } catch (error) {
      lattices.dispose();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#run?.lattices.dispose();
    this.#run = undefined;
  }
}

/** A number that two different pictures do not share, as good as surely. */
const sumOf = ({ pixels }: Picture): number => pixels.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, 7);
