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
import { shiftsOf } from "../lattice/shifts.ts";
import { blurringBy } from "../lattice/taps.ts";
import { add } from "../nn/add.ts";
import { type Loadable, loadParameters, readParameters, requireTensors } from "../loading.ts";
import type { Values } from "../optim/optimizer.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape } from "../shape.ts";
import { requireFinite, seekNotFinite } from "../shared/finite.ts";
import type { Tensor } from "../tensor.ts";
import { breathe } from "../turn.ts";
import { found, kindOf, requireChoice, requireFlag, requireNumbers } from "../values.ts";
import { type Activation, activations } from "./activation.ts";
import { transform } from "./compatibility.ts";
import { callNames, checkIterations, type FieldCall } from "./crfRnn.ts";
import { readFreeEnergy } from "./freeEnergy.ts";
import { iterateBy } from "./iterations.ts";
import { diagonalsOf } from "./knownMatrices.ts";
import type { WeighedFilter } from "./messagePassing.ts";
import { inferenceOptions } from "./options.ts";
import { product } from "./product.ts";
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
  /**
   * Blur weights to begin from, which are then parameters: 3 numbers for all axes, 3·(d + 1) for each, or 3·(d + 1)·g for each of g groups of
   * as many classes, too, as `taps` of `filter` has them. Repeat `gaussianTaps` to begin from the Gaussian. Default: the Gaussian, which does not learn.
   */
  readonly taps?: ArrayLike<number>;
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
  /**
   * What a filter makes is the mean over so many lattices, each with the features moved by another random vector: nearer to the Gaussian, and
   * gradients of wide bandwidths nearer to true slopes, at so many times the cost. Default: one lattice, of features as they are.
   */
  readonly shifts?: number;
  /** Which parameters receive gradients, if a tape watches them. Features do wherever one watches them. */
  readonly learn?: {
    /** W_k. Default: true. */
    readonly weights?: boolean;
    /** C_k. Default: true. */
    readonly compatibility?: boolean;
    /** Default: false. Their gradients hold while the lattice's vertices stay what they are. */
    readonly bandwidths?: boolean;
    /** Of filters that have some. Default: true. */
    readonly taps?: boolean;
  };
}

const optionNames: Names<DenseCrfOptions> = {
  classes: true,
  filters: true,
  iterations: true,
  activation: true,
  shifts: true,
  learn: true,
};
const filterNames: Names<CrfFilter> = {
  bandwidths: true,
  weight: true,
  compatibility: true,
  normalization: true,
  taps: true,
};
const learnNames: Names<NonNullable<DenseCrfOptions["learn"]>> = {
  weights: true,
  compatibility: true,
  bandwidths: true,
  taps: true,
};

/** The learnable tensors of one filter. */
export interface CrfFilterParameters {
  /** W_k, [L, L] */
  readonly weight: Tensor;
  /** C_k, [L, L] */
  readonly compatibility: Tensor;
  /** [d] */
  readonly bandwidths: Tensor;
  /** [3], [d + 1, 3] or [d + 1, g, 3], of a filter that was made with taps. */
  readonly taps?: Tensor;
}

/** Options of one call of a dense CRF. */
export interface DenseCrfCall extends FieldCall {
  /** From what the vectors of `shifts` are drawn. With another one in each step, no training fits one place of the lattice. Default: 0. */
  readonly seed?: number;
}

const denseCallNames: Names<DenseCrfCall> = { ...callNames, seed: true };

/** A dense CRF: call it with unary logits and the features of every filter. */
export interface DenseCrf extends Disposable {
  /**
   * Runs T mean-field iterations X = U − Σ_k C_k·W_k·(K_k Q). `unary` has any shape whose last axis are the L classes: [n, L] for points
   * or the nodes of a graph, [d, h, w, L] for a volume. `features` has for each filter a tensor [n, d] with a row
   * for each row of the unary, or [b, n, d] for a batch of b that do not see each other. Returns the logits X_T, in the
   * unary's shape.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
   */
  (unary: Tensor, features: readonly Tensor[], call?: DenseCrfCall): Promise<Tensor>;
  /** Infers step by step, as `steps` of `crfRnn`. */
  steps(unary: Tensor, features: readonly Tensor[], call?: DenseCrfCall): AsyncGenerator<CrfStep, void, void>;
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
  const call = (unary: Tensor, features: readonly Tensor[], per: DenseCrfCall = {}): Promise<Tensor> =>
    layer.infer(unary, features, per);
  return Object.assign(call, {
    steps: (unary: Tensor, features: readonly Tensor[], per: DenseCrfCall = {}) =>
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
  const { classes, filters, iterations, activation, shifts, learn } = options ?? {};
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ValueError({ where, expected: "a whole number of classes, 1 or more", got: found(classes) });
  }
  if (!Array.isArray(filters) || filters.length === 0) {
    const got = Array.isArray(filters) ? "none" : kindOf(filters);
    throw new ValueError({ where, expected: "an array of filters, one or more", got });
  }
  if (iterations !== undefined) checkIterations(where, iterations);
  if (activation !== undefined) requireChoice(where, "activation", activation, activations);
  if (shifts !== undefined && !(Number.isInteger(shifts) && shifts >= 1)) {
    throw new ValueError({ where, expected: "a whole number of shifts, 1 or more", got: found(shifts) });
  }
  requireOptions(`${where}: learn`, learn, learnNames);
  for (const [name, flag] of Object.entries(learn ?? {})) requireFlag(`${where}: learn`, name, flag);
  for (const [k, filter] of filters.entries()) checkFilter(`${where}: filters[${k}]`, filter as CrfFilter, classes);
}

/** @throws ValueError */
function checkFilter(place: string, filter: CrfFilter, classes: number): void {
  requireOptions(place, filter, filterNames);
  const { bandwidths, normalization, taps } = filter ?? {};
  const values: unknown[] = typeof bandwidths === "object" && bandwidths !== null ? Array.from(bandwidths) : [];
  if (values.length === 0) {
    const remedy = "pass an array with a bandwidth for each feature";
    throw new ValueError({ where: place, expected: "bandwidths", got: found(bandwidths), remedy });
  }
  for (const [at, value] of values.entries()) checkBandwidth(place, `feature ${at}`, value as number);
  if (normalization !== undefined) requireChoice(place, "normalization", normalization, normalizations);
  if (taps === undefined) return;
  const length = typeof taps === "object" && taps !== null ? taps.length : NaN;
  if (!tapShape(length, values.length, classes)) {
    const axes = 3 * (values.length + 1);
    const expected = `3 taps, ${axes}, or ${axes} for each group of as many of ${classes} classes`;
    throw new ValueError({ where: place, expected, got: Number.isNaN(length) ? found(taps) : String(length) });
  }
  requireNumbers(place, taps, length);
  const stray = Array.from(taps).findIndex((tap) => !Number.isFinite(tap));
  if (stray >= 0) throw new ValueError({ where: place, expected: "finite taps", got: `${taps[stray]} at ${stray}` });
}

/** The shape of so many taps; undefined where there is none. */
function tapShape(length: number, dimensions: number, classes: number): number[] | undefined {
  if (length === 3) return [3];
  const groups = length / (3 * (dimensions + 1));
  if (!Number.isInteger(groups) || groups < 1 || classes % groups !== 0) return undefined;
  return groups === 1 ? [dimensions + 1, 3] : [dimensions + 1, groups, 3];
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
    const matrices = filters.map(({ bandwidths, weight = 1, compatibility = "potts", taps }, k) => ({
      taps: taps && Float32Array.from(taps),
      weight: weightMatrix(where, `weight of filter ${k}`, weight, classes),
      compatibility: compatibilityMatrix(where, compatibility, classes),
      bandwidths: Float32Array.from(bandwidths),
    }));
    this.#device = device;
    this.#options = options;
    this.parameters = matrices.map(({ weight, compatibility, bandwidths, taps }) => ({
      weight: stacked(device, weight, classes, 1),
      compatibility: stacked(device, compatibility, classes, 1),
      bandwidths: device.tensor([bandwidths.length], bandwidths),
      ...(taps && { taps: device.tensor(tapShape(taps.length, bandwidths.length, classes)!, taps) }),
    }));
    const learned = (tensor: Tensor, wanted = true): Tensor => {
      if (wanted) return tensor;
      const detached = tensor.detached();
      this.#detached.push(detached);
      return detached;
    };
    this.#learned = this.parameters.map(({ weight, compatibility, bandwidths, taps }) => ({
      weight: learned(weight, learn.weights),
      compatibility: learned(compatibility, learn.compatibility),
      bandwidths: learned(bandwidths, learn.bandwidths ?? false),
      ...(taps && { taps: learned(taps, learn.taps ?? true) }),
    }));
  }

  /** Infers the logits X_T, or, where somebody looks at the steps, the marginals. */
  async infer(unary: Tensor, features: readonly Tensor[], call: DenseCrfCall, onStep?: OnStep): Promise<Tensor> {
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
    const weighed: ShiftedFilter[] = [];
    // They are in no scope, which what is made of them would be in, too.
    const products: Tensor[] = [];
    using _products = { [Symbol.dispose]: () => products.forEach((one) => one.dispose()) };
    for (const [k, given] of features.entries()) {
      const { bandwidths, ...matrices } = this.#learned[k]!;
      const { weight, compatibility } = matrices;
      const storages = [bandwidths, ...(recorded ? [] : [weight, compatibility])].map(({ storage }) => storage);
      const [values, ...read] = (await readTogether(device, storages)).map((one) => new Float32Array(one));
      const [ofWeight, ofCompatibility] = read.map((one) => workspace.store(diagonalsOf(one, weight.channels)));
      const lattices = await this.#latticesOf(given, bandwidths, values!, k, call);
      for (const lattice of lattices) scope.add(lattice);
      const diagonals = { weight: ofWeight, compatibility: ofCompatibility };
      const multiplied = ofWeight || ofCompatibility ? undefined : product(compatibility, weight);
      if (multiplied) products.push(multiplied);
      const { normalization = "after" } = filters[k]!;
      weighed.push({ ...matrices, multiplied, diagonals, lattices, normalization });
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

  /** Builds the lattices of features that are divided by what the bandwidths hold now: one for each vector that they are moved by. */
  async #latticesOf(
    features: Tensor,
    bandwidths: Tensor,
    read: Float32Array,
    k: number,
    { signal, seed = 0 }: DenseCrfCall,
  ): Promise<Lattice[]> {
    const values = read.subarray(0, bandwidths.channels);
    for (const [at, value] of values.entries()) checkBandwidth(`${where}: filters[${k}]`, `feature ${at}`, value);
    using scaled = scaledFeatures(features, bandwidths, [...values]);
    const { shifts } = this.#options;
    if (shifts === undefined) return [await buildLattice(scaled, { signal })];
    const lattices: Lattice[] = [];
    try {
      for (const shift of shiftsOf(features.channels, shifts, seed, k)) {
        using moved = movedBy(scaled, shift);
        lattices.push(await buildLattice(moved, { signal }));
      }
      return lattices;
    } catch (error) {
      for (const lattice of lattices) lattice.dispose();
      throw error;
    }
  }

  #check(unary: Tensor, features: readonly Tensor[], iterations: number, call: DenseCrfCall): void {
    if (this.#disposed) throw disposedError(where, "the layer");
    requireOptions(where, call, denseCallNames);
    requireSeed(call?.seed);
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

/** A filter with its matrices, of which the mean over lattices counts. */
type ShiftedFilter = Omit<WeighedFilter, "lattice" | "set"> & {
  readonly lattices: readonly Lattice[];
  readonly taps?: Tensor;
  /** The product of both matrices, where none of them is diagonal. */
  readonly multiplied?: Tensor;
};

/** @throws ValueError */
function requireSeed(seed: unknown): void {
  if (seed === undefined || (Number.isInteger(seed) && (seed as number) >= 0)) return;
  throw new ValueError({ where, expected: "a seed of 0 or more, a whole number", got: found(seed) });
}

/** Moves all rows by one vector; gradients of the features stay what they are. */
function movedBy(features: Tensor, shift: Float64Array): Tensor {
  const { device, shape, rows, channels } = features;
  const values = Float32Array.from({ length: rows * channels }, (_, at) => shift[at % channels]!);
  using vectors = device.tensor(shape, values);
  return add(features, vectors);
}

/** Computes the sum of K Q over the lattices. */
function smoothed(marginals: Tensor, { lattices, normalization, taps }: ShiftedFilter): Tensor {
  const smoothBy = (lattice: Lattice): Tensor => {
    const blurring = taps && blurringBy(where, taps, lattice, marginals.channels);
    return filtered(marginals, lattice, normalization, false, { blurring });
  };
  let sum = smoothBy(lattices[0]!);
  try {
    for (const lattice of lattices.slice(1)) {
      using before = sum;
      using smooth = smoothBy(lattice);
      sum = add(before, smooth);
    }
    return sum;
  } catch (error) {
    sum.dispose();
    throw error;
  }
}

/** Computes W·(K Q), where K is the mean over the lattices. */
function weighedMean(marginals: Tensor, filter: ShiftedFilter): Tensor {
  using sum = smoothed(marginals, filter);
  return transform(sum, filter.weight, { factor: 1 / filter.lattices.length, diagonals: filter.diagonals?.weight });
}

/** Computes X − C·W·(K Q). */
function withoutMessage(logits: Tensor, marginals: Tensor, filter: ShiftedFilter): Tensor {
  const { multiplied, lattices, compatibility, diagonals } = filter;
  if (multiplied) {
    using sum = smoothed(marginals, filter);
    return transform(sum, multiplied, { factor: -1 / lattices.length, addend: logits });
  }
  using message = weighedMean(marginals, filter);
  return transform(message, compatibility, { factor: -1, addend: logits, diagonals: diagonals?.compatibility });
}

/** One iteration: X = U − Σ_k C_k·W_k·(K_k Q). */
async function nextLogits(
  unary: Tensor,
  marginals: Tensor,
  filters: readonly ShiftedFilter[],
  turn: () => Promise<void>,
): Promise<Tensor> {
  let logits = unary;
  try {
    for (const filter of filters) {
      const sum = withoutMessage(logits, marginals, filter);
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

async function freeEnergyOf(unary: Tensor, marginals: Tensor, filters: readonly ShiftedFilter[]) {
  const messages: Tensor[] = [];
  try {
    for (const filter of filters) messages.push(messageOf(marginals, filter));
    return await readFreeEnergy(marginals, unary, messages);
  } finally {
    for (const message of messages) message.dispose();
  }
}

/** Computes C·W·(K Q) without a tape. */
function messageOf(marginals: Tensor, filter: ShiftedFilter): Tensor {
  using q = marginals.alias();
  using weight = filter.weight.alias();
  using compatibility = filter.compatibility.alias();
  using taps = filter.taps?.alias();
  using weighed = weighedMean(q, { ...filter, weight, taps });
  return transform(weighed, compatibility, { diagonals: filter.diagonals?.compatibility });
}
