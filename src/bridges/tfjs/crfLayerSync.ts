import { ArrayCrf } from "../../../build/synchronous.js";
import { InternalError } from "../../errors.ts";
import { type Names, requireOptions } from "../../options.ts";
import { type CrfArrays, parameterNames, watchedBy } from "./arrayCrf.ts";
import type { TfCrfOptions } from "./crfLayer.ts";
import { requireMaps } from "./inputs.ts";
import { callsOf, requireTf, type TensorOf, type Tf, type TfTensor, type VariableOf } from "./module.ts";
import type { Now } from "./now.ts";
import { makeVariables, type Variables } from "./variables.ts";

/** Where `crfLayerSync` computes. */
export interface SyncOptions {
  /** See `OpenOptions.threads`. */
  readonly threads?: number;
  /** See `OpenOptions.wasm`. */
  readonly wasm?: WebAssembly.Module;
}

/** A CRF-RNN layer that is an op of TensorFlow.js. */
export interface TfCrfSync<Module extends Tf> extends Disposable {
  /**
   * Refines logits [h, w, L] or [n, h, w, L] on pictures of the same size, as `TfCrf.apply` does. It returns the result at once, and
   * has a gradient for logits and variables, and for the picture with `learn: { guide: true }`.
   * @throws ShapeError, ValueError, LimitError, DeviceError, DisposedError
   */
  (logits: TensorOf<Module>, image: TensorOf<Module>): TensorOf<Module>;
  /** See `TfCrf.variables`. */
  readonly variables: Variables<VariableOf<Module>>;
  dispose(): void;
}

const where = "crfLayerSync";
const optionNames: Names<SyncOptions> = { threads: true, wasm: true };

/**
 * Makes a CRF-RNN layer that is an op of TensorFlow.js with a gradient (`tf.customGrad`): for `optimizer.minimize`, `tf.grads` and layers,
 * all of which are synchronous. It computes on WebAssembly, on a device of its own, and blocks the thread meanwhile; it is for the
 * backends `cpu` and `wasm`, and for workers. Going back it computes the layer once more, so that nothing is kept for a gradient that
 * nobody asks for.
 * @throws ShapeError, ValueError, DeviceError
 * @example
 * const refine = await crfLayerSync(tf, { classes: 21 });
 * optimizer.minimize(() => loss(refine(network(picture), picture)));
 */
export async function crfLayerSync<Module extends Tf>(
  tf: Module,
  options: TfCrfOptions,
  { threads, wasm, ...others }: SyncOptions = {},
): Promise<TfCrfSync<Module>> {
  requireTf(where, tf);
  requireOptions(where, others, optionNames);
  const { name, ...crfOptions } = options ?? {};
  const crf = await ArrayCrf.make(crfOptions, { threads: wasm ? threads : (threads ?? 1), module: wasm });
  const variables = makeVariables(tf, await crf.parameters(), watchedBy(crfOptions), name);
  const op = opOf(tf, crf);
  const refine = (logits: TfTensor, image: TfTensor): TfTensor => {
    requireMaps(where, { logits, image });
    return op(logits, image, ...parameterNames.map((parameter) => variables[parameter]));
  };
  const dispose = (): void => {
    crf.dispose();
    for (const variable of Object.values(variables)) if (!variable.isDisposed) variable.dispose();
  };
  return Object.assign(refine, { variables, dispose, [Symbol.dispose]: dispose }) as unknown as TfCrfSync<Module>;
}

/** The op of logits, picture and parameters, with its gradient. */
function opOf(tf: Tf, crf: ArrayCrf): (...inputs: TfTensor[]) => TfTensor {
  const { tensor } = callsOf(tf);
  const forward = (...inputsAndSave: unknown[]): { value: TfTensor; gradFunc: unknown } => {
    const save = inputsAndSave.pop() as (tensors: TfTensor[]) => void;
    const inputs = inputsAndSave as TfTensor[];
    save(inputs);
    const value = tensor(settled(crf.refine(arraysOf(inputs))), inputs[0]!.shape, "float32");
    const gradFunc = (seed: TfTensor, saved: TfTensor[]): TfTensor[] => {
      const found = settled(crf.gradients(arraysOf(saved), { values: seed.dataSync(), shape: seed.shape }));
      const names = ["unary", "guide", ...parameterNames] as const;
      return saved.map(({ shape }, i) => {
        const zeros = (): Float32Array => new Float32Array(shape.reduce((a, b) => a * b, 1));
        return tensor(found[names[i]!] ?? zeros(), shape, "float32");
      });
    };
    return { value, gradFunc };
  };
  return tf.customGrad(forward as never) as (...inputs: TfTensor[]) => TfTensor;
}

function arraysOf([logits, image, ...parameters]: readonly TfTensor[]): CrfArrays {
  const numbersOf = ({ shape }: TfTensor, values: ArrayLike<number>): CrfArrays["unary"] => ({ shape, values });
  const all = parameters.map((parameter, i) => [parameterNames[i], parameter.dataSync()]);
  return {
    unary: numbersOf(logits!, logits!.dataSync()),
    guide: numbersOf(image!, image!.dataSync()),
    parameters: Object.fromEntries(all) as CrfArrays["parameters"],
  };
}

/** What is there without waiting. @throws what it failed with */
function settled<Value>(promise: Promise<Value>): Value {
  const { value } = promise as unknown as Now<Value>;
  if (value !== undefined) return value;
  throw new InternalError({
    where,
    expected: "a CRF that does not wait",
    got: "a promise that is pending",
    remedy: "report this",
  });
}
