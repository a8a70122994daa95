import { DisposedError, ValueError } from "../../errors.ts";
import { kindOf, remedyFor } from "../../values.ts";

/** A tensor of TensorFlow.js, by the members that are used here. */
export interface TfTensor {
  readonly shape: number[];
  readonly dtype: string;
  readonly isDisposed: boolean;
  data(): Promise<Float32Array | Int32Array | Uint8Array>;
  /** Synchronous, and slow on a GPU. */
  dataSync(): Float32Array | Int32Array | Uint8Array;
  /** A copy in a buffer of its own, on the backend `webgpu`; elsewhere it throws, or has no buffer. */
  dataToGPU(): { readonly tensorRef: { dispose(): void }; readonly buffer?: GPUBuffer };
  dispose(): void;
}

/** A variable of TensorFlow.js, which its optimizers know by its name. */
export interface TfVariable extends TfTensor {
  readonly name: string;
  readonly trainable: boolean;
  assign(value: TfTensor): void;
}

/** An optimizer of TensorFlow.js: one of `tf.train`. */
export interface TfOptimizer {
  applyGradients(grads: never): void;
}

/** The class of the backend `webgpu`: `WebGPUBackend` of `@tensorflow/tfjs-backend-webgpu`. */
export type TfWebGpuBackend = new (device: GPUDevice, adapterInfo?: GPUAdapterInfo) => object;

/** The module of TensorFlow.js: `import * as tf from "@tensorflow/tfjs"`, or `"@tensorflow/tfjs-core"` with a backend. */
export interface Tf {
  ready(): Promise<void>;
  getBackend(): string;
  backend(): object;
  setBackend(name: string): Promise<boolean>;
  registerBackend(name: string, factory: () => never): boolean;
  removeBackend(name: string): void;
  tensor(values: Float32Array, shape: number[], dtype: "float32"): TfTensor;
  variable(initial: never, trainable: boolean, name?: string): TfVariable;
  variableGrads(f: () => never): { readonly value: TfTensor; readonly grads: { [name: string]: TfTensor } };
  customGrad(f: never): (...args: never[]) => TfTensor;
  tidy(work: () => never): unknown;
  keep(tensor: never): TfTensor;
  sum(x: never): TfTensor;
  mul(a: never, b: never): TfTensor;
  add(a: never, b: never): TfTensor;
  abs(x: never): TfTensor;
}

/** The tensors, scalars, variables and named gradients of a module. */
export type TensorOf<Module extends Tf> = ReturnType<Module["tensor"]>;
export type VariableOf<Module extends Tf> = ReturnType<Module["variable"]>;
export type ScalarOf<Module extends Tf> = ReturnType<Module["variableGrads"]>["value"];
export type GradsOf<Module extends Tf> = ReturnType<Module["variableGrads"]>["grads"];

/** How the bridge itself calls the module. */
export interface TfCalls {
  tensor(values: Float32Array | { readonly buffer: GPUBuffer }, shape: readonly number[], dtype: "float32"): TfTensor;
  variable(initial: TfTensor, trainable: boolean, name?: string): TfVariable;
  variableGrads(f: () => TfTensor): { readonly value: TfTensor; readonly grads: Record<string, TfTensor> };
  tidy<Result>(work: () => Result): Result;
  keep(tensor: TfTensor): TfTensor;
  sum(x: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  abs(x: TfTensor): TfTensor;
}

export const callsOf = (tf: Tf): TfCalls => tf as unknown as TfCalls;

/** The GPUDevice that TensorFlow.js computes on, if its backend is `webgpu`. */
export const gpuOf = (tf: Tf): GPUDevice | undefined =>
  tf.getBackend() === "webgpu" ? (tf.backend() as { readonly device?: GPUDevice }).device : undefined;

/** @throws ValueError for what is not the module of TensorFlow.js */
export function requireTf(where: string, tf: unknown): void {
  if (typeof (tf as Partial<Tf> | null | undefined)?.variableGrads === "function") return;
  const remedy = remedyFor(tf, 'import * as tf from "@tensorflow/tfjs"');
  throw new ValueError({ where, expected: "the module of TensorFlow.js", got: kindOf(tf), remedy });
}

/** @throws ValueError for what is no tensor of TensorFlow.js; DisposedError */
export function requireTfTensor(where: string, name: string, tensor: unknown): asserts tensor is TfTensor {
  const { shape, dtype, isDisposed } = (tensor ?? {}) as Partial<TfTensor>;
  if (!Array.isArray(shape) || typeof dtype !== "string" || typeof isDisposed !== "boolean") {
    const remedy = remedyFor(tensor, "pass a tf.Tensor");
    throw new ValueError({ where, expected: `a tensor of TensorFlow.js as ${name}`, got: kindOf(tensor), remedy });
  }
  if (!isDisposed) return;
  const remedy = "tf.keep() it, or dispose of it later";
  throw new DisposedError({ where, expected: `${name} to be live`, got: "one that was disposed of", remedy });
}
