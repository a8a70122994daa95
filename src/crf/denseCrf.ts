import type { Device } from "../device/device.ts";
import { readTogether } from "../device/readTogether.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { disposedError, holding } from "../held.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { checkBandwidth } from "../lattice/features.ts";
import { filtered, normalizations } from "../lattice/filter.ts";
import { buildLattice, type Lattice } from "../lattice/lattice.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { type Loadable, loadParameters, readParameters, requireTensors } from "../loading.ts";
import type { Values } from "../optim/optimizer.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape } from "../shape.ts";
import { requireFinite, seekNotFinite } from "../shared/finite.ts";
import type { Tensor } from "../tensor.ts";
import { breathe } from "../turn.ts";
import { found, kindOf, requireChoice, requireFlag } from "../values.ts";
import { type Activation, activations } from "./activation.ts";
import { transform } from "./compatibility.ts";
import { callNames, checkIterations, type CrfCall } from "./crfRnn.ts";
import { readFreeEnergy } from "./freeEnergy.ts";
import { iterateBy } from "./iterations.ts";
import { diagonalsOf } from "./knownMatrices.ts";
import { messageOf, type WeighedFilter } from "./messagePassing.ts";
import { inferenceOptions } from "./options.ts";
import { type Compatibility, compatibilityMatrix, stacked, type Weight, weightMatrix } from "./parameters.ts";
import { scaledFeatures } from "./scaledFeatures.ts";
import { type CrfStep, type OnStep, requireMarginals, stepsOf } from "./steps.ts";
import { requireUntil } from "./until.ts";

/** A filter of a dense CRF. */
export interface CrfFilter {
  /** By what each feature is divided, [d]: one for each axis or channel. Their number says how many features a row has. */
  readonly bandwidths: ArrayLike<number>;
  /** W_k. Default: 1. */
  readonly weight?: Weight;
  /** C_k. Default: `potts`. */
  readonly compatibility?: Compatibility;
  /** Default: `after`. */
  readonly normalization?: Normalization;
}

/** Options of a dense CRF. */
export interface DenseCrfOptions {
  /** The number of classes, L. */
  readonly classes: number;
  /** The filters, one or more. */
  readonly filters: readonly CrfFilter[];
  /** The number of iterations, T. Default: 5. A call may ask for another number. */
  readonly iterations?: number;
  /** Default: `softmax`. */
  readonly activation?: Activation;
  /** Which parameters receive gradients, if a tape watches them. Features do wherever one watches them. */
  readonly learn?: {
    /** W_k. Default: true. */
    readonly weights?: boolean;
    /** C_k. Default: true. */
    readonly compatibility?: boolean;
    /** Default: false. Their gradients hold while the lattice's vertices stay what they are. */
    readonly bandwidths?: boolean;
  };
}

const optionNames: Names<DenseCrfOptions> = {
  classes: true,
  filters: true,
  iterations: true,
  activation: true,
  learn: true,
};
const filterNames: Names<CrfFilter> = { bandwidths: true, weight: true, compatibility: true, normalization: true };
const learnNames: Names<NonNullable<DenseCrfOptions["learn"]>> = {
  weights: true,
  compatibility: true,
  bandwidths: true,
};

/** The learnable tensors of one filter. */
export interface CrfFilterParameters {
  /** W_k, [L, L] */
  readonly weight: Tensor;
  /** C_k, [L, L] */
  readonly compatibility: Tensor;
  /** [d] */
  readonly bandwidths: Tensor;
}

/** A dense CRF: call it with unary logits and the features of every filter. */
export interface DenseCrf extends Disposable {
  /**
   * Runs T mean-field iterations X = U − Σ_k C_k·W_k·(K_k Q). `unary` has any shape whose last axis are the L classes: [n, L] for points
   * or the nodes of a graph, [d, h, w, L] for a volume. `features` has for each filter a tensor [n, d] with a row
   * for each row of the unary, or [b, n, d] for a batch of b that do not see each other. Returns the logits X_T, in the
   * unary's shape.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
   */
  (unary: Tensor, features: readonly Tensor[], call?: CrfCall): Promise<Tensor>;
  /** Infers step by step, as `steps` of `crfRnn`. */
  steps(unary: Tensor, features: readonly Tensor[], call?: CrfCall): AsyncGenerator<CrfStep, void, void>;
  /** The parameters of each filter. */
  readonly parameters: readonly CrfFilterParameters[];
  /** The values of all parameters, named as in `0.weight`. */
  state(): Promise<Record<string, Values>>;
  /** Replaces the values of all parameters. @throws ShapeError that names what does not fit; nothing is changed then */
  load(tensors: Readonly<Record<string, Loadable>>): Promise<void>;
  dispose(): void;
}

const where = "denseCrf";

/**
 * Makes a CRF over anything that has features, with any number of filters, each with bandwidths, weights, compatibility and
 * normalization of its own. For pictures with the paper's two filters `crfRnn` is the quicker one.
 * @throws ValueError, ShapeError for matrices of a wrong size
 * @example
 * const places = device.tensor([3, 2], [0, 0, 1, 0, 9, 9]); // three points in a plane
 * const crf = denseCrf(device, { classes: 2, filters: [{ bandwidths: [1, 2], weight: 3 }] });
 * const logits = await crf(device.tensor([3, 2], [1, 0, 0, 1, 0, 1]), [places]);
 */
export function denseCrf(device: Device, options: DenseCrfOptions): DenseCrf {
  const layer = new DenseLayer(device, options);
  const call = (unary: Tensor, features: readonly Tensor[], per: CrfCall = {}): Promise<Tensor> =>
    layer.infer(unary, features, per);
  return Object.assign(call, {
    steps: (unary: Tensor, features: readonly Tensor[], per: CrfCall = {}) =>
      stepsOf((onStep) => layer.infer(unary, features, per, onStep)),
    parameters: layer.parameters,
    state: () => layer.state(),
    load: (tensors: Readonly<Record<string, Loadable>>) => layer.load(tensors),
    dispose: () => layer.dispose(),
    [Symbol.dispose]: () => layer.dispose(),
  });
}

/** @throws ValueError for what is no device, unknown options, and values that are none */
function checkOptions(device: Device, options: DenseCrfOptions): void {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  const { classes, filters, iterations, activation, learn } = options ?? {};
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ValueError({ where, expected: "a whole number of classes, 1 or more", got: found(classes) });
  }
  if (!Array.isArray(filters) || filters.length === 0) {
    const got = Array.isArray(filters) ? "none" : kindOf(filters);
    throw new ValueError({ where, expected: "an array of filters, one or more", got });
  }
  if (iterations !== undefined) checkIterations(where, iterations);
  if (activation !== undefined) requireChoice(where, "activation", activation, activations);
  requireOptions(`${where}: learn`, learn, learnNames);
  for (const [name, flag] of Object.entries(learn ?? {})) requireFlag(`${where}: learn`, name, flag);
  for (const [k, filter] of filters.entries()) checkFilter(`${where}: filters[${k}]`, filter as CrfFilter);
}

/** @throws ValueError */
function checkFilter(place: string, filter: CrfFilter): void {
  requireOptions(place, filter, filterNames);
  const { bandwidths, normalization } = filter ?? {};
  const values: unknown[] = typeof bandwidths === "object" && bandwidths !== null ? Array.from(bandwidths) : [];
  if (values.length === 0) {
    const remedy = "pass an array with a bandwidth for each feature";
    throw new ValueError({ where: place, expected: "bandwidths", got: found(bandwidths), remedy });
  }
  for (const [at, value] of values.entries()) checkBandwidth(place, `feature ${at}`, value as number);
  if (normalization !== undefined) requireChoice(place, "normalization", normalization, normalizations);
}

class DenseLayer {
  readonly parameters: readonly CrfFilterParameters[];
  /** The parameters, of which those that are not learned are detached, so that no tape sees them. */
  readonly #learned: readonly CrfFilterParameters[];
  readonly #detached: Tensor[] = [];
  readonly #device: Device;
  readonly #options: DenseCrfOptions;
  #disposed = false;

  constructor(device: Device, options: DenseCrfOptions) {
    checkOptions(device, options);
    const { classes, filters, learn = {} } = options;
    // All are checked before the first is on the device.
    const matrices = filters.map(({ bandwidths, weight = 1, compatibility = "potts" }, k) => ({
      weight: weightMatrix(where, `weight of filter ${k}`, weight, classes),
      compatibility: compatibilityMatrix(where, compatibility, classes),
      bandwidths: Float32Array.from(bandwidths),
    }));
    this.#device = device;
    this.#options = options;
    this.parameters = matrices.map(({ weight, compatibility, bandwidths }) => ({
      weight: stacked(device, weight, classes, 1),
      compatibility: stacked(device, compatibility, classes, 1),
      bandwidths: device.tensor([bandwidths.length], bandwidths),
    }));
    const learned = (tensor: Tensor, wanted = true): Tensor => {
      if (wanted) return tensor;
      const detached = tensor.detached();
      this.#detached.push(detached);
      return detached;
    };
    this.#learned = this.parameters.map(({ weight, compatibility, bandwidths }) => ({
      weight: learned(weight, learn.weights),
      compatibility: learned(compatibility, learn.compatibility),
      bandwidths: learned(bandwidths, learn.bandwidths ?? false),
    }));
  }

  /** Infers the logits X_T, or, where somebody looks at the steps, the marginals. */
  async infer(unary: Tensor, features: readonly Tensor[], call: CrfCall, onStep?: OnStep): Promise<Tensor> {
    const { iterations = this.#options.iterations ?? inferenceOptions.iterations.default } = call ?? {};
    this.#check(unary, features, iterations, call);
    const device = this.#device;
    const { filters, activation = inferenceOptions.activation.default } = this.#options;
    using _held = holding(unary, call.from, ...features, ...this.#tensors());
    using alias = unary.tape?.recording ? undefined : unary.alias();
    const turn = (): Promise<void> => breathe(where, call);
    await turn();
    await requireAllFinite({ logits: unary, from: call.from });
    using scope = device.scope();
    using workspace = new Workspace(device);
    const learned = this.#learned.flatMap((of) => Object.values<Tensor>({ ...of }));
    const recorded = [unary, call.from, ...features, ...learned].some((input) => input?.tape?.recording);
    const weighed: WeighedFilter[] = [];
    for (const [k, given] of features.entries()) {
      const { bandwidths, ...matrices } = this.#learned[k]!;
      const { weight, compatibility } = matrices;
      const storages = [bandwidths, ...(recorded ? [] : [weight, compatibility])].map(({ storage }) => storage);
      const [values, ...read] = (await readTogether(device, storages)).map((one) => new Float32Array(one));
      const [ofWeight, ofCompatibility] = read.map((one) => workspace.store(diagonalsOf(one, weight.channels)));
      const lattice = scope.add(await this.#latticeOf(given, bandwidths, values!, k, call));
      const diagonals = { weight: ofWeight, compatibility: ofCompatibility };
      weighed.push({ ...matrices, diagonals, lattice, normalization: filters[k]!.normalization ?? "after" });
    }
    const whole = alias ?? unary;
    const result = await iterateBy({
      unary: whole,
      iterations,
      activation,
      output: onStep ? activation : "none",
      from: call.from,
      until: call.until,
      onIteration: call.onIteration,
      onStep,
      turn,
      next: (marginals) => nextLogits(whole, marginals, weighed, turn),
      freeEnergy: (marginals) => freeEnergyOf(whole, marginals, weighed),
    });
    return Scope.inherit(result, [unary, ...features]);
  }

  /** Builds the lattice of features that are divided by what the bandwidths hold now. */
  async #latticeOf(
    features: Tensor,
    bandwidths: Tensor,
    read: Float32Array,
    k: number,
    { signal }: CrfCall,
  ): Promise<Lattice> {
    const values = read.subarray(0, bandwidths.channels);
    for (const [at, value] of values.entries()) checkBandwidth(`${where}: filters[${k}]`, `feature ${at}`, value);
    using scaled = scaledFeatures(features, bandwidths, [...values]);
    return await buildLattice(scaled, { signal });
  }

  #check(unary: Tensor, features: readonly Tensor[], iterations: number, call: CrfCall): void {
    if (this.#disposed) throw disposedError(where, "the layer");
    requireOptions(where, call, callNames);
    const { classes, filters } = this.#options;
    if (!Array.isArray(features) || features.length !== filters.length) {
      const got = Array.isArray(features) ? String(features.length) : kindOf(features);
      const expected = `an array of ${filters.length} tensors of features, one for each filter`;
      throw new ValueError({ where, expected, got });
    }
    const named = Object.fromEntries(features.map((given, k) => [`features of filter ${k}`, given as Tensor]));
    requireInputs(where, { logits: unary, ...named }, this.#device);
    checkIterations(where, iterations, call.from || call.until ? 1 : 0);
    requireUntil(where, call.until);
    if (call.from !== undefined) requireMarginals(`${where}: from`, call.from, unary);
    if (unary.channels !== classes || unary.shape.length < 2) {
      const expected = `logits [n, ${classes}], or with more axes before the last`;
      throw new ShapeError({ where, expected, got: formatShape(unary.shape), remedy: "put the classes last" });
    }
    for (const [k, { rows, shape, channels }] of Object.values(named).entries()) {
      const d = filters[k]!.bandwidths.length;
      if (rows === unary.rows && channels === d && (shape.length === 2 || shape.length === 3)) continue;
      const expected = `features of filter ${k} [${unary.rows}, ${d}], a row for each row of the logits, or the same as a batch [b, n, ${d}]`;
      throw new ShapeError({
        where,
        expected,
        got: formatShape(shape),
        remedy: "reshape the features, one row a point",
      });
    }
  }

  #tensors(): Tensor[] {
    return this.parameters.flatMap((of) => Object.values<Tensor>({ ...of }));
  }

  #named(): Record<string, Tensor> {
    return Object.fromEntries(
      this.parameters.flatMap((of, k) =>
        Object.entries(of).map(([name, tensor]) => [`${k}.${name}`, tensor as Tensor]),
      ),
    );
  }

  /** @throws DisposedError */
  async state(): Promise<Record<string, Values>> {
    if (this.#disposed) throw disposedError(where, "the layer");
    return await readParameters(this.#named());
  }

  /** @throws ShapeError, ValueError, DisposedError */
  async load(tensors: Readonly<Record<string, Loadable>>): Promise<void> {
    if (this.#disposed) throw disposedError(where, "the layer");
    requireTensors(where, tensors);
    await loadParameters(this.#named(), tensors, (got) => {
      const remedy = "load the state of a layer of as many classes and filters";
      return new ShapeError({ where: `${where}: load`, expected: "the tensors of its parameters", got, remedy });
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const tensor of [...this.#detached, ...this.#tensors()]) tensor.dispose();
  }
}

/** @throws ValueError that names the first tensor with a NaN or an infinity */
async function requireAllFinite(tensors: Readonly<Record<string, Tensor | undefined>>): Promise<void> {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!tensor) continue;
    using workspace = new Workspace(tensor.device);
    const status = workspace.zeros(4);
    seekNotFinite(tensor, status);
    requireFinite(where, name, tensor, new Uint32Array(await tensor.device.read(status))[0]!);
  }
}

/** One iteration: X = U − Σ_k C_k·W_k·(K_k Q). */
async function nextLogits(
  unary: Tensor,
  marginals: Tensor,
  filters: readonly WeighedFilter[],
  turn: () => Promise<void>,
): Promise<Tensor> {
  let logits = unary;
  try {
    for (const { lattice, weight, compatibility, diagonals, normalization } of filters) {
      using smooth = filtered(marginals, lattice, normalization, false);
      using message = transform(smooth, weight, { diagonals: diagonals?.weight });
      const last = { factor: -1, addend: logits, diagonals: diagonals?.compatibility };
      const sum = transform(message, compatibility, last);
      if (logits !== unary) logits.dispose();
      logits = sum;
      await turn();
    }
    return logits;
  } catch (error) {
    if (logits !== unary) logits.dispose();
    throw error;
  }
}

async function freeEnergyOf(unary: Tensor, marginals: Tensor, filters: readonly WeighedFilter[]) {
  const messages: Tensor[] = [];
  try {
    for (const filter of filters) messages.push(messageOf(marginals, filter));
    return await readFreeEnergy(marginals, unary, messages);
  } finally {
    for (const message of messages) message.dispose();
  }
}
