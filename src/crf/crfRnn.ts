import { type Device, slice } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { DeviceError, ShapeError, ValueError } from "../errors.ts";
import { bilateralFeatures, checkBandwidth, spatialFeatures } from "../lattice/features.ts";
import { normalizations } from "../lattice/filter.ts";
import { buildLattice, type Lattice } from "../lattice/lattice.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { formatShape, sameShape } from "../shape.ts";
import { findNotFinite, requireFinite } from "../shared/finite.ts";
import type { Tensor } from "../tensor.ts";
import { composed, composedBytes, queueCompose } from "./compose.ts";
import { iterate } from "./messagePassing.ts";
import {
  type Compatibility,
  compatibilityMatrix,
  type CrfParameters,
  stacked,
  type Weight,
  weightMatrix,
} from "./parameters.ts";
import type { Activation } from "./softmax.ts";

/** How a CRF-RNN layer is set up; every value but `classes` has the paper's default. */
export interface CrfOptions {
  /** L */
  readonly classes: number;
  /** T, default 5; a call may ask for another. */
  readonly iterations?: number;
  /** One set of parameters for all iterations (default), or one each. */
  readonly tied?: boolean;
  /** Default: `after`. */
  readonly normalization?: Normalization;
  /** Default: `softmax`. */
  readonly activation?: Activation;
  /** θα in pixels (160), θβ in color levels (3), weight W_b (5). */
  readonly bilateral?: { readonly position?: number; readonly color?: number; readonly weight?: Weight };
  /** θγ in pixels (3), weight W_s (3). */
  readonly spatial?: { readonly position?: number; readonly weight?: Weight };
  /** Default: `potts`. */
  readonly compatibility?: Compatibility;
  /** What a tape may pass gradients on to, if it watches it. */
  readonly learn?: {
    /** W_s and W_b. Default: true. */
    readonly weights?: boolean;
    /** C. Default: true. */
    readonly compatibility?: boolean;
    /** θα, θβ and θγ. Default: false. */
    readonly bandwidths?: boolean;
    /** The guide image. Default: false. */
    readonly guide?: boolean;
  };
}

/** Per call. */
export interface CrfCall {
  /** T of this call; default: the layer's. */
  readonly iterations?: number;
  /**
   * Called, and awaited, with the iterations done so far: computed on WASM, queued on WebGPU (`await device.finish()`
   * inside, to see them computed there).
   */
  readonly onIteration?: (done: number) => void | Promise<void>;
}

/** A CRF-RNN layer: call it with unary logits and the guide image. */
export interface CrfRnn extends Disposable {
  /**
   * T mean-field iterations. `unary`: [h, w, L] or a batch [b, h, w, L]; `guide`: the same size with C channels, for
   * Caffe's weights the network's mean-subtracted BGR input. Gives the logits X_T, in the unary's shape.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError
   */
  (unary: Tensor, guide: Tensor, call?: CrfCall): Promise<Tensor>;
  readonly parameters: CrfParameters;
  dispose(): void;
}

/**
 * CRF-RNN (Zheng et al., ICCV 2015) as a layer on `device`.
 * @throws ShapeError for weights of a wrong size, ValueError
 * @example const crf = crfRnn(device, { classes: 21 }); const logits = await crf(unary, image);
 */
export function crfRnn(device: Device, options: CrfOptions): CrfRnn {
  const layer = new Layer(device, options);
  const call = (unary: Tensor, guide: Tensor, per: CrfCall = {}): Promise<Tensor> =>
    layer.infer(unary, guide, per, "none");
  return Object.assign(call, {
    parameters: layer.parameters,
    dispose: () => layer.dispose(),
    [Symbol.dispose]: () => layer.dispose(),
  });
}

/**
 * Mean-field inference in a dense CRF: the marginals softmax(X_T), in the logits' shape. Options as for `crfRnn`.
 * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError
 */
export async function meanField(
  logits: Tensor,
  guide: Tensor,
  options: Omit<CrfOptions, "classes"> = {},
): Promise<Tensor> {
  using layer = new Layer(logits.device, { ...options, classes: logits.channels });
  return await layer.infer(logits, guide, {}, options.activation ?? "softmax");
}

function checkIterations(where: string, iterations: number): void {
  if (Number.isInteger(iterations) && iterations >= 1) return;
  throw new ValueError({ where, expected: "a whole number of iterations, 1 or more", got: String(iterations) });
}

const bandwidthNames = ["bilateral position", "bilateral color", "spatial position"];

/** θα, θβ and θγ, and the tensor that holds them where gradients are to reach it. */
interface Bandwidths {
  readonly values: ArrayLike<number>;
  readonly bandwidths?: Tensor;
}

class Layer implements Disposable {
  readonly parameters: CrfParameters;
  /** The matrices, as they are or, where they are not to be learned, out of the tape's sight. */
  readonly #learned: Omit<CrfParameters, "bandwidths">;
  readonly #detached: Tensor[] = [];
  readonly #device: Device;
  readonly #options: CrfOptions;
  readonly #sets: number;
  readonly #iterations: number;
  readonly #normalization: Normalization;
  /** The spatial lattice depends on the size and θγ alone; the last one is held. */
  #spatial: { readonly key: string; readonly lattice: Lattice } | undefined;

  constructor(device: Device, options: CrfOptions) {
    const { classes, iterations = 5, tied = true, normalization = "after", bilateral = {}, spatial = {} } = options;
    const where = "crfRnn";
    if (!Number.isInteger(classes) || classes < 1) {
      throw new ValueError({ where, expected: "a whole number of classes, 1 or more", got: String(classes) });
    }
    checkIterations(where, iterations);
    if (!normalizations.includes(normalization)) {
      throw new ValueError({
        where,
        expected: `normalization: ${normalizations.join(", ")}`,
        got: String(normalization),
      });
    }
    const bandwidths = [bilateral.position ?? 160, bilateral.color ?? 3, spatial.position ?? 3] as const;
    bandwidthNames.forEach((name, i) => checkBandwidth(where, name, bandwidths[i]!));
    const spatialWeight = weightMatrix(where, "spatial weight", spatial.weight ?? 3, classes);
    const bilateralWeight = weightMatrix(where, "bilateral weight", bilateral.weight ?? 5, classes);
    const compatibility = compatibilityMatrix(where, options.compatibility ?? "potts", classes);
    this.#device = device;
    this.#options = options;
    this.#iterations = iterations;
    this.#normalization = normalization;
    this.#sets = tied ? 1 : iterations;
    this.parameters = {
      spatialWeight: stacked(device, spatialWeight, classes, this.#sets),
      bilateralWeight: stacked(device, bilateralWeight, classes, this.#sets),
      compatibility: stacked(device, compatibility, classes, this.#sets),
      bandwidths: device.tensor([3], bandwidths),
    };
    const { learn = {} } = options;
    const learned = (tensor: Tensor, wanted = true): Tensor => {
      if (!wanted) this.#detached.push(tensor.detached());
      return wanted ? tensor : this.#detached.at(-1)!;
    };
    this.#learned = {
      spatialWeight: learned(this.parameters.spatialWeight, learn.weights),
      bilateralWeight: learned(this.parameters.bilateralWeight, learn.weights),
      compatibility: learned(this.parameters.compatibility, learn.compatibility),
    };
  }

  async infer(unary: Tensor, guide: Tensor, call: CrfCall, output: Activation | "none"): Promise<Tensor> {
    const device = this.#device;
    const iterations = call.iterations ?? this.#iterations;
    this.#check(unary, guide, iterations);
    const { classes, activation = "softmax" } = this.#options;
    const { parameters } = this;
    const sets = this.#sets;
    const dimensions = guide.channels + 2;

    using workspace = new Workspace(device);
    // One read brings the search for NaN and the products of the matrices, another (in #lattices) the vertex counts.
    const prelude = workspace.allocate(256 + composedBytes(classes, sets));
    const status = slice(prelude, 0, 4);
    const matrices = slice(prelude, 256, prelude.bytes - 256);
    device.clear(prelude);
    findNotFinite(unary, status);
    queueCompose(device, parameters, matrices, sets, dimensions);
    const read = await device.read(prelude);
    requireFinite("crfRnn", "logits", unary, new Uint32Array(read)[0]!);

    const bandwidths = await this.#bandwidths();
    using spatial = await this.#spatialLattice(unary.shape.slice(0, -1), bandwidths);
    using bilateral = await this.#bilateralLattice(guide, bandwidths);
    return await iterate({
      unary,
      spatial,
      bilateral,
      parameters: this.#learned,
      matrices: composed(device, workspace, matrices, new Float32Array(read, 256), classes, sets),
      sets,
      iterations,
      normalization: this.#normalization,
      activation,
      output,
      onIteration: call.onIteration,
    });
  }

  #check(unary: Tensor, guide: Tensor, iterations: number): void {
    const where = "crfRnn";
    const { classes } = this.#options;
    checkIterations(where, iterations);
    if (unary.device !== this.#device || guide.device !== this.#device) {
      throw new DeviceError({ where, expected: "logits and guide on the layer's device", got: "another device" });
    }
    const fits = unary.shape.length === 3 || unary.shape.length === 4;
    if (!fits || unary.channels !== classes || !sameShape(unary.shape.slice(0, -1), guide.shape.slice(0, -1))) {
      throw new ShapeError({
        where,
        expected: `logits [h, w, ${classes}] or [b, h, w, ${classes}] and a guide of the same size`,
        got: `${formatShape(unary.shape)} and ${formatShape(guide.shape)}`,
        remedy: "resize the logits to the image",
      });
    }
    if (this.#sets > 1 && iterations > this.#sets) {
      throw new ValueError({
        where,
        expected: `at most ${this.#sets} iterations: untied parameters have one set for each`,
        got: String(iterations),
        remedy: "make the layer with more iterations, or tied",
      });
    }
  }

  /** θα, θβ and θγ; the tensor besides, where gradients are to reach it. @throws ValueError if one is not above 0 */
  async #bandwidths(): Promise<Bandwidths> {
    const { bandwidths } = this.parameters;
    const values = await bandwidths.read();
    bandwidthNames.forEach((name, i) => checkBandwidth("crfRnn", name, values[i]!));
    const learned = this.#options.learn?.bandwidths && bandwidths.tape?.recording;
    return { values, bandwidths: learned ? bandwidths : undefined };
  }

  /** For the caller to dispose of; the layer holds the last one too, unless its bandwidth is being learned. */
  async #spatialLattice(size: readonly number[], { values, bandwidths }: Bandwidths): Promise<Lattice> {
    const position = values[2]!;
    const key = [...size, position].join(" ");
    if (!bandwidths && this.#spatial?.key === key) return this.#spatial.lattice;
    using features = spatialFeatures(this.#device, size, { position, bandwidths });
    const lattice = await buildLattice(features);
    if (bandwidths) return lattice;
    this.#spatial?.lattice.letGo();
    lattice.hold();
    this.#spatial = { key, lattice };
    return lattice;
  }

  async #bilateralLattice(guide: Tensor, { values, bandwidths }: Bandwidths): Promise<Lattice> {
    const [position, color] = values as unknown as [number, number];
    using fixed = guide.detached();
    const source = this.#options.learn?.guide ? guide : fixed;
    using features = bilateralFeatures(source, { position, color, bandwidths });
    return await buildLattice(features);
  }

  dispose(): void {
    this.#spatial?.lattice.letGo();
    this.#spatial = undefined;
    for (const tensor of [...this.#detached, ...(Object.values(this.parameters) as Tensor[])]) tensor.dispose();
    this.#detached.length = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
