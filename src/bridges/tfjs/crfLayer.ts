import { type CrfCall, type CrfOptions, type CrfRnn, crfRnn } from "../../crf/crfRnn.ts";
import type { Device } from "../../device/device.ts";
import { ValueError } from "../../errors.ts";
import type { Scope } from "../../scope.ts";
import { Tape } from "../../tape.ts";
import type { Tensor } from "../../tensor.ts";
import { scoresTensor } from "../../pictures/scoresTensor.ts";
import { kindOf, remedyFor } from "../../values.ts";
import { type ParameterName, parameterNames, readParameters, watchedBy } from "./arrayCrf.ts";
import { numbersOf } from "./fromTf.ts";
import { requireMaps } from "./inputs.ts";
import {
  callsOf,
  type GradsOf,
  requireTf,
  type ScalarOf,
  type TensorOf,
  type Tf,
  type TfCalls,
  type TfOptimizer,
  type TfTensor,
  type VariableOf,
} from "./module.ts";
import { sharesGpu } from "./openWith.ts";
import { toTfOfShape } from "./toTf.ts";
import { makeVariables, type Variables } from "./variables.ts";

/** Options of `crfLayer`: those of `crfRnn`, and one more. */
export interface TfCrfOptions extends CrfOptions {
  /** What the names of the layer's variables begin with, as in `crf/bandwidths`. Default: TensorFlow.js numbers them. */
  readonly name?: string;
}

/** A CRF-RNN layer behind a network of TensorFlow.js. */
export interface TfCrf<Module extends Tf> extends Disposable {
  /**
   * The parameters, as variables of TensorFlow.js: those that are learned are trainable. What is assigned to them is what the
   * next call computes with.
   */
  readonly variables: Variables<VariableOf<Module>>;
  /**
   * Refines logits [h, w, L] or [n, h, w, L] on pictures of the same size, [h, w, 3] or [n, h, w, 3] with colors from 0 to 255.
   * Returns the logits X_T, in the shape of the logits.
   * @throws ShapeError, ValueError, DeviceError, DisposedError, AbortError
   */
  apply(logits: TensorOf<Module>, image: TensorOf<Module>, call?: CrfCall): Promise<TensorOf<Module>>;
  /**
   * Takes one step of an optimizer of TensorFlow.js with what `variableGrads` gives, and returns the loss before it.
   * @throws as `variableGrads` does
   * @example
   * const layer = await crfLayer(tf, device, { classes: 21 });
   * const value = await layer.minimize(optimizer, network, picture, picture, loss);
   */
  minimize<Input>(
    optimizer: TfOptimizer,
    network: (x: Input) => TensorOf<Module>,
    x: Input,
    image: TensorOf<Module>,
    loss: (refined: TensorOf<Module>) => ScalarOf<Module>,
    call?: CrfCall,
  ): Promise<ScalarOf<Module>>;
  /**
   * Computes a loss of the refined logits, and its gradients with respect to all trainable variables: those of the network, of
   * the CRF, and of the loss. It does what `tf.variableGrads` does, so that one optimizer of TensorFlow.js trains all of
   * it; dispose of what it returns in the same way. The network runs twice and must give the same values both times, so that what
   * it drops must be drawn from a seed.
   * @throws ValueError for a network that does not, or a loss that does not depend on its argument; as `apply` does
   */
  variableGrads<Input>(
    network: (x: Input) => TensorOf<Module>,
    x: Input,
    image: TensorOf<Module>,
    loss: (refined: TensorOf<Module>) => ScalarOf<Module>,
    call?: CrfCall,
  ): Promise<{ value: ScalarOf<Module>; grads: GradsOf<Module> }>;
  dispose(): void;
}

/**
 * Makes a CRF-RNN layer that learns inside a model of TensorFlow.js.
 * @throws ShapeError, ValueError, DeviceError
 * @example
 * const layer = await crfLayer(tf, await openWith(tf), { classes: 21, learn: { bandwidths: true } });
 * const refined = await layer.apply(network(picture), picture);
 */
export async function crfLayer<Module extends Tf>(
  tf: Module,
  device: Device,
  options: TfCrfOptions,
): Promise<TfCrf<Module>> {
  requireTf("crfLayer", tf);
  const { name, ...crfOptions } = options ?? {};
  const crf = crfRnn(device, crfOptions);
  try {
    const watched = watchedBy(crfOptions);
    const variables = makeVariables(tf, await readParameters(crf), watched, name);
    return new Layer(tf, crf, watched, variables) as unknown as TfCrf<Module>;
  } catch (error) {
    crf.dispose();
    throw error;
  }
}

type Gradients = Record<string, TfTensor>;

class Layer {
  readonly variables: Variables;
  readonly #tf: Tf;
  readonly #calls: TfCalls;
  readonly #crf: CrfRnn;
  readonly #device: Device;
  readonly #watched: readonly ParameterName[];

  constructor(tf: Tf, crf: CrfRnn, watched: readonly ParameterName[], variables: Variables) {
    this.#tf = tf;
    this.#calls = callsOf(tf);
    this.#crf = crf;
    this.#device = crf.parameters.bandwidths.device;
    this.#watched = watched;
    this.variables = variables;
  }

  async apply(logits: TfTensor, image: TfTensor, call: CrfCall = {}): Promise<TfTensor> {
    using scope = this.#device.scope();
    const [unary, guide] = await this.#inputs("crfLayer: apply", scope, logits, image);
    await this.#takeParameters();
    const refined = scope.add(await this.#crf(unary, guide, call));
    return await toTfOfShape(this.#tf, refined, logits.shape);
  }

  async variableGrads<Input>(
    network: (x: Input) => TfTensor,
    x: Input,
    image: TfTensor,
    loss: (refined: TfTensor) => TfTensor,
    call: CrfCall = {},
  ): Promise<{ value: TfTensor; grads: Gradients }> {
    const where = "crfLayer: variableGrads";
    requireFunctions(where, { network, loss });
    const calls = this.#calls;
    using scope = this.#device.scope();
    using ours = new Ours();
    const logits = ours.add(calls.tidy(() => network(x)));
    const [unary, guide] = await this.#inputs(where, scope, logits, image);
    await this.#takeParameters();
    const { parameters } = this.#crf;
    using tape = new Tape([unary, ...this.#watched.map((name) => parameters[name])]);
    const refined = scope.add(await this.#crf(unary, guide, call));
    const { value, grads, seed } = this.#lossGrads(
      where,
      ours.add(await toTfOfShape(this.#tf, refined, logits.shape)),
      loss,
    );
    ours.add(seed);
    try {
      const { signal } = call;
      const gradients = await tape.gradients(refined, scope.add(await this.#read(seed)), { signal });
      for (const gradient of gradients.values()) if (!gradient.scope) scope.add(gradient);
      const weights = ours.add(await toTfOfShape(this.#tf, gradients.get(unary)!, logits.shape));
      for (const name of this.#watched) {
        const gradient = gradients.get(parameters[name]);
        if (gradient) grads[this.variables[name].name] = await toTfOfShape(this.#tf, gradient, gradient.shape);
      }
      await this.#networkGrads(where, () => network(x), logits, weights, grads);
      return { value, grads };
    } catch (error) {
      for (const tensor of [value, ...Object.values(grads)]) tensor.dispose();
      throw error;
    }
  }

  async minimize<Input>(
    optimizer: TfOptimizer,
    ...step: Parameters<typeof this.variableGrads<Input>>
  ): Promise<TfTensor> {
    if (typeof (optimizer as Partial<TfOptimizer> | undefined)?.applyGradients !== "function") {
      const remedy = remedyFor(optimizer, "pass one of tf.train, such as tf.train.adam(0.01)");
      throw new ValueError({ where: "crfLayer: minimize", expected: "an optimizer", got: kindOf(optimizer), remedy });
    }
    const { value, grads } = await this.variableGrads(...step);
    using ours = new Ours();
    for (const gradient of Object.values(grads)) ours.add(gradient);
    optimizer.applyGradients(grads as never);
    return value;
  }

  /** The loss, its gradient with respect to the refined logits, and those of variables that are in the loss itself. */
  #lossGrads(
    where: string,
    refined: TfTensor,
    loss: (refined: TfTensor) => TfTensor,
  ): { value: TfTensor; grads: Gradients; seed: TfTensor } {
    // A variable for the time being, so that one call gives all of these gradients.
    const variable = this.#calls.variable(refined, true);
    try {
      const { value, grads } = this.#calls.variableGrads(() => loss(variable));
      const { [variable.name]: seed, ...others } = grads;
      if (seed) return { value, grads: others, seed };
      for (const tensor of [value, ...Object.values(others)]) tensor.dispose();
    } finally {
      variable.dispose();
    }
    throw new ValueError({
      where,
      expected: "a loss of the refined logits",
      got: "one that does not depend on them",
      remedy: "compute it from the argument of the function",
    });
  }

  /**
   * Adds the gradients of the network: those of Σ network(x) · weights, where the weights are the gradient of the loss with respect to
   * the logits. TensorFlow.js plays its own tape back in the call that records it, so that the network runs once more.
   */
  async #networkGrads(
    where: string,
    network: () => TfTensor,
    logits: TfTensor,
    weights: TfTensor,
    grads: Gradients,
  ): Promise<void> {
    const calls = this.#calls;
    using ours = new Ours();
    // A network may have no variables, which `tf.variableGrads` would refuse.
    const zero = ours.add(calls.tensor(new Float32Array(1), [1], "float32"));
    const nothing = ours.add(calls.variable(zero, true));
    const found = calls.variableGrads(() => calls.add(calls.sum(calls.mul(network(), weights)), calls.sum(nothing)));
    ours.add(found.value);
    for (const [name, gradient] of Object.entries(found.grads)) {
      const other = grads[name];
      if (name === nothing.name) ours.add(gradient);
      else if (other) grads[name] = calls.tidy(() => calls.add(ours.add(other), ours.add(gradient)));
      else grads[name] = gradient;
    }
    const products = ours.add(calls.mul(logits, weights));
    const [first, size] = [products, ours.add(calls.abs(products))].map((tensor) => ours.add(calls.sum(tensor)));
    const sums = await Promise.all([found.value, first!, size!].map((tensor) => tensor.data()));
    const [again, before, most] = sums.map(([sum]) => sum!);
    // NaN passes: it is the loss's, which tells of it.
    if (!(Math.abs(again! - before!) > sameValues * most!)) return;
    throw new ValueError({
      where,
      expected: "a network that gives the same values when it runs again",
      got: `Σ network(x) · gradient of ${before} and ${again}`,
      remedy: "drop by a seed, tf.dropout(x, rate, undefined, seed), or not at all",
    });
  }

  /** Copies the variables to the layer. */
  async #takeParameters(): Promise<void> {
    const values = await Promise.all(parameterNames.map((name) => this.variables[name].data()));
    parameterNames.forEach((name, i) => this.#crf.parameters[name].write(values[i]!));
  }

  async #inputs(where: string, scope: Scope, logits: TfTensor, image: TfTensor): Promise<[Tensor, Tensor]> {
    requireMaps(where, { logits, image });
    const tensors = await Promise.all([logits, image].map((tensor) => this.#read(tensor)));
    for (const tensor of tensors) scope.add(tensor);
    return tensors as [Tensor, Tensor];
  }

  async #read(tensor: TfTensor): Promise<Tensor> {
    const { data, ...own } = await numbersOf(tensor, sharesGpu(this.#device, this.#tf));
    return scoresTensor(this.#device, data, { shape: tensor.shape, ...own });
  }

  dispose(): void {
    this.#crf.dispose();
    for (const variable of Object.values(this.variables)) if (!variable.isDisposed) variable.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** As a share of the sum of magnitudes: rounding may differ by the order of sums, dropout does by far more. */
const sameValues = 1e-3;

/** Tensors of TensorFlow.js that are disposed of at the end of a `using` block. */
class Ours implements Disposable {
  readonly #all: TfTensor[] = [];

  add<Added extends TfTensor>(tensor: Added): Added {
    this.#all.push(tensor);
    return tensor;
  }

  [Symbol.dispose](): void {
    for (const tensor of this.#all) if (!tensor.isDisposed) tensor.dispose();
  }
}

/** @throws ValueError */
function requireFunctions(where: string, functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === "function") continue;
    throw new ValueError({ where, expected: `a function as ${name}`, got: kindOf(value) });
  }
}
