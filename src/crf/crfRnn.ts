import { alignedBytes, type Device, view } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { readTogether } from "../device/readTogether.ts";
import { Workspace } from "../device/workspace.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { disposedError, holding } from "../held.ts";
import { requireDevice, requireInputs } from "../inputs.ts";
import { filtered, normalizations } from "../lattice/filter.ts";
import { sliceFactor } from "../lattice/slice.ts";
import type { Normalization } from "../lattice/normalization.ts";
import { type Loadable, loadParameters, readParameters, requireTensors } from "../loading.ts";
import type { Values } from "../optim/optimizer.ts";
import { type Names, requireOptions } from "../options.ts";
import { Scope } from "../scope.ts";
import { formatShape, padded, sameShape } from "../shape.ts";
import { requireFinite, seekNotFinite } from "../shared/finite.ts";
import { sample } from "../shared/sample.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { type Abortable, breathe } from "../turn.ts";
import { found, requireChoice, requireFlag } from "../values.ts";
import { type Listener, requireWarningOptions, suspicionCodes, type WarningOptions } from "../warnings.ts";
import { type Activation, activations } from "./activation.ts";
import { compileAhead } from "./ahead.ts";
import { type Bandwidth, parseBandwidths } from "./bandwidths.ts";
import type { Change } from "./change.ts";
import type { UpdateFactors } from "./compose.ts";
import { filteredQuads } from "./filteredQuads.ts";
import { GuideLattices } from "./guideLattices.ts";
import { KnownMatrices } from "./knownMatrices.ts";
import { type Inference, isFused, iterate } from "./messagePassing.ts";
import { bandwidthOptions, inferenceOptions, weightOptions } from "./options.ts";
import { areLattices, type CrfLattices, type KeptLattices, requireLattices } from "./lattices.ts";
import type { Bound, Pruned } from "./prune.ts";
import { softmax } from "./softmax.ts";
import { type CrfStep, type OnStep, requireMarginals, stepsOf } from "./steps.ts";
import type { Suspicions } from "./suspicions.ts";
import { requireUntil, type Until } from "./until.ts";
import {
  type Compatibility,
  compatibilityMatrix,
  type CrfParameters,
  stacked,
  type Weight,
  weightMatrix,
} from "./parameters.ts";

/** Options of a CRF-RNN layer. Every value except `classes` has the paper's default. */
export interface CrfOptions extends WarningOptions {
  /** The number of classes, L. */
  readonly classes: number;
  /** The number of iterations, T. Default: 5. A call may ask for another number. With 0 the logits stay what they are. */
  readonly iterations?: number;
  /** Whether all iterations share one set of parameters (the default) or have one set each. */
  readonly tied?: boolean;
  /**
   * Default: `after`. With `none` the bilateral filter of a color picture makes about half of what exact Gaussians would, since
   * the lattice approximates them.
   */
  readonly normalization?: Normalization;
  /** Default: `softmax`. */
  readonly activation?: Activation;
  /** θα in pixels (160) or as in `"32%"` of the longer side, θβ in color levels (3), weight W_b (5). */
  readonly bilateral?: { readonly position?: Bandwidth; readonly color?: number; readonly weight?: Weight };
  /** θγ in pixels (3) or percent of the longer side, weight W_s (3). */
  readonly spatial?: { readonly position?: Bandwidth; readonly weight?: Weight };
  /** Default: `potts`. */
  readonly compatibility?: Compatibility;
  /** Which parameters and inputs receive gradients, if a tape watches them. */
  readonly learn?: {
    /** W_s and W_b. Default: true. */
    readonly weights?: boolean;
    /** C. Default: true. */
    readonly compatibility?: boolean;
    /**
     * θα, θβ and θγ. Default: false. Their gradients, and the guide's, hold while the lattice's vertices stay what they
     * are. Over longer ways the loss jumps, and its slope may be another.
     */
    readonly bandwidths?: boolean;
    /** The guide image. Default: false. */
    readonly guide?: boolean;
  };
}

/** Options of one call. */
export interface CrfCall extends Abortable {
  /** The number of iterations of this call, or the most of them where there is `until`. Default: the layer's. */
  readonly iterations?: number;
  /**
   * Ends the iterations as soon as they change little, `{ change: 1e-3 }` for one. The result has the bits of as many iterations, and
   * `onIteration` tells how many. Each then waits for the device, and logits cost an iteration more.
   */
  readonly until?: Until;
  /**
   * Marginals to begin from, in the logits' shape; they are only read, and need not add up to 1. Default: the activation of the logits. Needs an
   * iteration.
   */
  readonly from?: Tensor;
  /**
   * Leaves classes out of the filters whose marginals stay below this, 0…1, as far as the logits say: a scene of 150 classes then costs about
   * what its ten present ones do. `onPruned` tells which, and a bound of what that changes. Inference only. Default: none is left out.
   */
  readonly prune?: number;
  /** Is told in a call with `prune`, before it returns, which classes were left out, and how far off logits may be. */
  readonly onPruned?: (pruned: Pruned) => void;
  /**
   * Called and awaited after each iteration with the number of iterations done and, in a call with `until`, how far it moved the
   * marginals. On WASM they have been computed; on WebGPU they have been queued (await `device.finish()` in it to wait until they
   * are computed).
   */
  readonly onIteration?: (done: number, change?: Change) => void | Promise<void>;
}

/** The names of a layer's options. */
export const crfNames: Names<CrfOptions> = {
  classes: true,
  iterations: true,
  tied: true,
  normalization: true,
  activation: true,
  bilateral: true,
  spatial: true,
  compatibility: true,
  learn: true,
  onWarning: true,
  warnings: true,
};
const bilateralNames: Names<NonNullable<CrfOptions["bilateral"]>> = { position: true, color: true, weight: true };
const spatialNames: Names<NonNullable<CrfOptions["spatial"]>> = { position: true, weight: true };
const learnNames: Names<NonNullable<CrfOptions["learn"]>> = {
  weights: true,
  compatibility: true,
  bandwidths: true,
  guide: true,
};
/** A call that begins from its logits, where the caller sees no logits whose shape marginals could have. */
export type PlainCrfCall = Omit<CrfCall, "from">;

/** A call of a CRF with any filters. */
export type FieldCall = Omit<CrfCall, "prune" | "onPruned">;

/** The names of a call's options where the filters are any. */
export const callNames: Names<FieldCall> = {
  iterations: true,
  until: true,
  from: true,
  onIteration: true,
  signal: true,
};
const crfCallNames: Names<CrfCall> = { ...callNames, prune: true, onPruned: true };
export const { from: _from, ...plainCallNames } = crfCallNames;

/** A CRF-RNN layer: call it with unary logits and the guide image. */
export interface CrfRnn extends Disposable {
  /**
   * Runs T mean-field iterations. `unary` is [h, w, L] or a batch [b, h, w, L]. `guide` has the same size with C
   * channels; for Caffe's weights it is the network's mean-subtracted BGR input. With two lattices in its place (see
   * `lattices`), `unary` has any shape whose rows are their points. Returns the logits X_T, in the unary's shape; those of a call with
   * `prune` have the `bound` of what that changed. Calls may
   * overlap, of one size or of many, and each gets what it gets alone. Inputs may be disposed of while a call is under way.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
   */
  (unary: Tensor, guide: Tensor | CrfLattices, call?: CrfCall): Promise<Tensor & Partial<Bound>>;
  /**
   * Builds the lattices of a guide once, for many calls that then take them in its place: with other logits, while somebody
   * draws, or by layers with other weights and matrices. They have this layer's bandwidths and belong to the caller.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
   * @example
   * using lattices = await crf.lattices(guide);
   * const first = await crf(unary, lattices); // the same bits as of crf(unary, guide)
   * const second = await crf(unary, lattices, { iterations: 10 });
   */
  lattices(guide: Tensor, call?: Abortable): Promise<KeptLattices>;
  /**
   * Infers step by step: an async iterator over the marginals after 0, 1, … T iterations, which may be looked at, read and replaced
   * in between. To stop early, stop iterating.
   * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
   * @example
   * const labels = []; // after 0, 1, … T iterations
   * for await (const { marginals } of crf.steps(unary, guide)) labels.push(await argmax(marginals));
   */
  steps(unary: Tensor, guide: Tensor | CrfLattices, call?: CrfCall): AsyncGenerator<CrfStep, void, void>;
  readonly parameters: CrfParameters;
  /** The values of all parameters, for files: the matrices and the bandwidths. */
  state(): Promise<Record<keyof CrfParameters, Values>>;
  /**
   * Replaces the values of all parameters. Bandwidths may be missing, as they are in published checkpoints.
   * @throws ShapeError that names what is missing, unknown or of another shape; nothing is changed then
   * @example await crf.load(await other.state());
   */
  load(tensors: Readonly<Record<string, Loadable>>): Promise<void>;
  dispose(): void;
}

/**
 * Makes a CRF-RNN layer (Zheng et al., ICCV 2015) on `device`.
 * @throws ShapeError for weights of a wrong size, ValueError
 * @example const crf = crfRnn(device, { classes: 21 }); const logits = await crf(unary, image);
 */
export function crfRnn(device: Device, options: CrfOptions): CrfRnn {
  const layer = new CrfLayer(device, options);
  const call = (unary: Tensor, guide: Tensor | CrfLattices, per: CrfCall = {}): Promise<Tensor> =>
    layer.infer(unary, guide, per, { output: "none" });
  return Object.assign(call, {
    lattices: (guide: Tensor, per: Abortable = {}) => layer.lattices(guide, per),
    steps: (unary: Tensor, guide: Tensor | CrfLattices, per: CrfCall = {}) =>
      stepsOf((onStep) => layer.infer(unary, guide, per, { onStep })),
    parameters: layer.parameters,
    state: () => layer.state(),
    load: (tensors: Readonly<Record<string, Loadable>>) => layer.load(tensors),
    dispose: () => layer.dispose(),
    [Symbol.dispose]: () => layer.dispose(),
  });
}

/**
 * Infers the marginals of a dense CRF by mean field, over Gaussians that the lattice approximates: softmax(X_T), in the
 * logits' shape. Its options are those of `crfRnn` and of its calls.
 * @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError
 */
export async function meanField(
  logits: Tensor,
  guide: Tensor | CrfLattices,
  options: Omit<CrfOptions, "classes"> & CrfCall = {},
): Promise<Tensor> {
  const device = requireInputs("meanField", areLattices(guide) ? { logits } : { logits, guide });
  requireOptions("meanField", options, meanFieldNames);
  const { onIteration, until, from, prune, onPruned, signal, ...layerOptions } = options;
  using layer = new CrfLayer(device, { ...layerOptions, classes: logits.channels });
  return await layer.infer(logits, guide, { onIteration, until, from, prune, onPruned, signal });
}

const { classes: _classes, ...meanFieldNames } = { ...crfNames, ...crfCallNames };

/** @throws ValueError unless it is a whole number of 0 or more, or of as many as something else needs */
export function checkIterations(where: string, iterations: number, least = 0): void {
  if (Number.isInteger(iterations) && iterations >= least) return;
  const expected = `a whole number of iterations, ${least} or more`;
  throw new ValueError({ where, expected, got: found(iterations) });
}

/** @throws ValueError for what is no device, for unknown options and for unknown words */
function checkOptions(device: Device, options: CrfOptions): void {
  const where = "crfRnn";
  requireDevice(where, device);
  requireOptions(where, options, crfNames);
  const { bilateral, spatial, learn, normalization, activation, tied } = options ?? {};
  requireOptions(`${where}: bilateral`, bilateral, bilateralNames);
  requireOptions(`${where}: spatial`, spatial, spatialNames);
  requireOptions(`${where}: learn`, learn, learnNames);
  for (const [name, flag] of Object.entries(learn ?? {})) requireFlag(`${where}: learn`, name, flag);
  requireFlag(where, "tied", tied);
  requireWarningOptions(where, options ?? {});
  if (normalization !== undefined) requireChoice(where, "normalization", normalization, normalizations);
  if (activation !== undefined) requireChoice(where, "activation", activation, activations);
}

/** Tells whether logits of `shape` would fit the guide if their first axis, the channels, were the last. */
const sameMap = (guide: readonly number[], [...shape]: readonly number[], classes: number): boolean =>
  shape.length === guide.length && shape.at(-3) === classes && sameShape(shape.slice(-2), guide.slice(-3, -1));

/**
 * What looks for mistakes is a file of its own, which is loaded where somebody listens: not in production. A page that cannot load
 * it, since a newer version has taken its place on the server, goes without.
 */
async function makeSuspicions(unary: Tensor, guide: Tensor, listener: Listener): Promise<Suspicions | undefined> {
  const loaded = await import("./suspicions.ts").catch(() => undefined);
  return loaded && new loaded.Suspicions(unary, guide, listener, { alignedBytes, view, formatShape, padded, sample });
}

class CrfLayer implements Disposable {
  readonly parameters: CrfParameters;
  /** The three matrices. Those that are not learned are detached, so that no tape sees them. */
  readonly #learned: Omit<CrfParameters, "bandwidths">;
  readonly #detached: Tensor[] = [];
  readonly #matrices: KnownMatrices;
  readonly #device: Device;
  readonly #options: CrfOptions;
  readonly #sets: number;
  readonly #iterations: number;
  readonly #normalization: Normalization;
  readonly #lattices: GuideLattices;
  #disposed = false;

  constructor(device: Device, options: CrfOptions) {
    checkOptions(device, options);
    const {
      classes,
      iterations = inferenceOptions.iterations.default,
      tied = true,
      normalization = inferenceOptions.normalization.default,
      bilateral = {},
      spatial = {},
    } = options ?? {};
    const where = "crfRnn";
    if (!Number.isInteger(classes) || classes < 1) {
      throw new ValueError({ where, expected: "a whole number of classes, 1 or more", got: found(classes) });
    }
    // Untied parameters have one set for each iteration.
    checkIterations(where, iterations, tied ? 0 : 1);
    const { thetaAlpha, thetaBeta, thetaGamma } = bandwidthOptions;
    const bandwidths = parseBandwidths(where, [
      bilateral.position ?? thetaAlpha.default,
      bilateral.color ?? thetaBeta.default,
      spatial.position ?? thetaGamma.default,
    ]);
    const spatialWeight = weightMatrix(
      where,
      "spatial weight",
      spatial.weight ?? weightOptions.spatialWeight.default,
      classes,
    );
    const bilateralWeight = weightMatrix(
      where,
      "bilateral weight",
      bilateral.weight ?? weightOptions.bilateralWeight.default,
      classes,
    );
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
      bandwidths: device.tensor([3], bandwidths.values),
    };
    const { learn = {} } = options;
    this.#lattices = new GuideLattices(this.parameters.bandwidths, bandwidths, learn);
    const learned = (tensor: Tensor, wanted = true): Tensor => {
      if (wanted) return tensor;
      const detached = tensor.detached();
      this.#detached.push(detached);
      return detached;
    };
    this.#learned = {
      spatialWeight: learned(this.parameters.spatialWeight, learn.weights),
      bilateralWeight: learned(this.parameters.bilateralWeight, learn.weights),
      compatibility: learned(this.parameters.compatibility, learn.compatibility),
    };
    this.#matrices = new KnownMatrices(this.parameters, this.#sets);
  }

  /** Infers the logits X_T, or, unless `output` is none, the marginals; `onStep` is shown those of each iteration. */
  async infer(
    unary: Tensor,
    guide: Tensor | CrfLattices,
    call: CrfCall,
    { output, onStep }: { readonly output?: "none"; readonly onStep?: OnStep } = {},
  ): Promise<Tensor> {
    requireOptions("crfRnn", call, crfCallNames);
    const device = this.#device;
    const iterations = call.iterations ?? this.#iterations;
    const given = areLattices(guide) ? guide : undefined;
    const image = areLattices(guide) ? undefined : guide;
    this.#check(unary, guide, iterations, call);
    using _held = holding(unary, image, call.from, given?.spatial, given?.bilateral, ...Object.values(this.parameters));
    // The caller may dispose of the logits during the call, so the call works on an alias. While a tape records, it
    // works on the logits themselves, so that gradients reach them.
    using alias = unary.tape?.recording ? undefined : unary.alias();
    const turn = (): Promise<void> => breathe("crfRnn", call);
    await turn();
    const { classes, activation = inferenceOptions.activation.default } = this.#options;
    const recorded = this.#isRecorded(unary, guide, call.from);
    const pruning = call.prune === undefined ? undefined : await import("./prune.ts");
    pruning?.requirePrunable({ ValueError }, call, {
      tape: recorded,
      from: call.from !== undefined,
      steps: onStep !== undefined,
      relu: activation !== "softmax",
    });

    using workspace = new Workspace(device);
    // One read returns the result of the search for NaN, the matrices, the bandwidths and the lattices' sizes. Each part of
    // what is searched begins at a multiple of the device's alignment, as bindings must.
    const wordBytes = alignedBytes(device, 4);
    const listener = device.warnings.listener(this.#options, suspicionCodes);
    const suspicions = listener && image && (await makeSuspicions(unary, image, listener));
    const words = 3;
    const samplesAt = words * wordBytes;
    const checks = workspace.allocate(samplesAt + (suspicions?.bytes ?? 0));
    const [inUnary, inGuide, inFrom] = [0, 1, 2].map((word) => view(checks, word * wordBytes, 4));
    // What is gathered is told the device first: at the beginning of what is submitted, that costs no submission of its own.
    suspicions?.sample(view(checks, samplesAt, suspicions.bytes));
    device.clear(view(checks, 0, words * wordBytes));
    seekNotFinite(unary, inUnary!);
    if (image) seekNotFinite(image, inGuide!);
    if (call.from) seekNotFinite(call.from, inFrom!);
    // A tape that records asks for gradients of whole matrices, which nothing has to be known of.
    const known = recorded ? [] : this.#matrices.unread;
    using begun = image && (await this.#lattices.begin(image, call, true));
    const normalization = this.#normalization;
    if (image && !recorded && isFused(classes, 2)) {
      compileAhead(device, image.channels + 2, classes, filteredQuads(classes, { activation, normalization }));
    }
    const [read, ...others] = await readTogether(device, [checks, ...known, ...(begun?.unread ?? [])]);
    const unread = others.slice(known.length);
    requireFinite("crfRnn", "logits", unary, new Uint32Array(read!)[0]!);
    if (image) requireFinite("crfRnn", "guide", image, new Uint32Array(read!)[wordBytes / 4]!);
    if (call.from) requireFinite("crfRnn", "from", call.from, new Uint32Array(read!)[(2 * wordBytes) / 4]!);
    await suspicions?.tell(new Float32Array(read!, samplesAt), begun!.bandwidths(unread)[1]!);
    using own = await begun?.finish(unread);
    const { spatial, bilateral } = (given ?? own)!;
    const factorsOf = (count: number): UpdateFactors | undefined =>
      isFused(count, spatial.dimensions)
        ? { spatialFactor: sliceFactor(2), bilateralFactor: sliceFactor(bilateral.dimensions) }
        : undefined;
    const values = others.slice(0, known.length);
    using matrices = recorded ? undefined : this.#matrices.take(workspace, values, factorsOf(classes));
    const inference: Inference = {
      unary: alias ?? unary,
      spatial,
      bilateral,
      parameters: this.#learned,
      update: matrices?.update,
      diagonals: matrices?.diagonals,
      sets: this.#sets,
      iterations,
      normalization,
      activation,
      output: output ?? activation,
      from: call.from,
      until: call.until,
      onIteration: call.onIteration,
      onStep,
      turn,
    };
    const refined = pruning
      ? await pruning.iteratePruned(
          inference,
          { below: call.prune!, onPruned: call.onPruned, matrices: values, factorsOf },
          {
            ValueError,
            Workspace,
            readTogether,
            rowRanges,
            padded,
            emptyLike,
            filtered,
            KnownMatrices,
            iterate,
            softmax,
          },
        )
      : await iterate(inference);
    return Scope.inherit(refined, [unary, image]);
  }

  /** Whether a tape records what a call computes. */
  #isRecorded(unary: Tensor, guide: Tensor | CrfLattices, from: Tensor | undefined): boolean {
    const { learn } = this.#options;
    const features = areLattices(guide)
      ? [guide.spatial.features, guide.bilateral.features]
      : [learn?.guide ? guide : undefined, learn?.bandwidths ? this.parameters.bandwidths : undefined];
    const inputs = [unary, from, ...features, ...Object.values<Tensor>(this.#learned)];
    return inputs.some((input) => input?.tape?.recording);
  }

  /** @throws ShapeError, ValueError (NaN, infinity), LimitError, DeviceError, DisposedError, AbortError */
  async lattices(guide: Tensor, call: Abortable): Promise<KeptLattices> {
    const where = "crfRnn: lattices";
    this.#requireLive();
    requireOptions(where, call, { signal: true });
    requireInputs(where, { guide }, this.#device);
    if (guide.shape.length !== 3 && guide.shape.length !== 4) {
      const expected = "a guide [h, w, C] or [b, h, w, C]";
      throw new ShapeError({
        where,
        expected,
        got: formatShape(guide.shape),
        remedy: "for other points, buildLattice",
      });
    }
    using _held = holding(guide, this.parameters.bandwidths);
    using begun = await this.#lattices.begin(guide, call, false);
    const lattices = await begun.finish(await readTogether(this.#device, begun.unread));
    Scope.inherit(lattices.spatial, [guide]);
    return lattices;
  }

  #check(unary: Tensor, guide: Tensor | CrfLattices, iterations: number, { from, until }: CrfCall): void {
    const where = "crfRnn";
    this.#requireLive();
    requireInputs(where, areLattices(guide) ? { logits: unary } : { logits: unary, guide }, this.#device);
    checkIterations(where, iterations, from || until ? 1 : 0);
    requireUntil(where, until);
    if (from !== undefined) requireMarginals(`${where}: from`, from, unary);
    if (areLattices(guide)) this.#checkLattices(unary, guide);
    else this.#checkGuide(unary, guide);
    if (this.#sets > 1 && iterations > this.#sets) {
      throw new ValueError({
        where,
        expected: `at most ${this.#sets} iterations: untied parameters have one set for each`,
        got: String(iterations),
        remedy: "make the layer with more iterations, or tied",
      });
    }
  }

  #checkLattices(unary: Tensor, lattices: CrfLattices): void {
    const where = "crfRnn";
    const { classes } = this.#options;
    requireLattices(where, lattices, unary);
    if (unary.channels === classes && unary.shape.length >= 2) return;
    const expected = `logits [n, ${classes}], or with more axes before the last`;
    throw new ShapeError({ where, expected, got: formatShape(unary.shape), remedy: "put the classes last" });
  }

  #checkGuide(unary: Tensor, guide: Tensor): void {
    const where = "crfRnn";
    const { classes } = this.#options;
    const fits = unary.shape.length === 3 || unary.shape.length === 4;
    if (!fits || unary.channels !== classes || !sameShape(unary.shape.slice(0, -1), guide.shape.slice(0, -1))) {
      throw new ShapeError({
        where,
        expected: `logits [h, w, ${classes}] or [b, h, w, ${classes}] and a guide of the same size`,
        got: `${formatShape(unary.shape)} and ${formatShape(guide.shape)}`,
        remedy: sameMap(guide.shape, unary.shape, classes)
          ? 'put the channels last: the logits are [L, h, w], which permute(logits, "chw", "hwc") turns'
          : "resize the logits to the image: resize(logits, [h, w])",
      });
    }
  }

  /** @throws DisposedError */
  async state(): Promise<Record<keyof CrfParameters, Values>> {
    this.#requireLive();
    return await readParameters(this.parameters);
  }

  /** @throws ShapeError, ValueError, DisposedError */
  async load(tensors: Readonly<Record<string, Loadable>>): Promise<void> {
    this.#requireLive();
    requireTensors("crfRnn", tensors);
    await loadParameters(this.parameters, tensors, (got) => {
      const remedy = "load the state of a layer of as many classes, tied or untied as this one";
      return new ShapeError({ where: "crfRnn: load", expected: "the tensors of its parameters", got, remedy });
    });
  }

  #requireLive(): void {
    if (this.#disposed) throw disposedError("crfRnn", "the layer");
  }

  dispose(): void {
    this.#disposed = true;
    this.#lattices.dispose();
    this.#matrices.dispose();
    for (const tensor of [...this.#detached, ...Object.values<Tensor>(this.parameters)]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
