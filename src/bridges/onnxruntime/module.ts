import { ValueError } from "../../errors.ts";
import { kindOf, remedyFor } from "../../values.ts";

/** A tensor of ONNX Runtime, by the members that are used here. */
export interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly location: string;
  /** The numbers, of a tensor on the processor; elsewhere it throws. */
  readonly data: unknown;
  /** The buffer, of a tensor on the GPU; elsewhere it throws. */
  readonly gpuBuffer: unknown;
  dispose(): void;
}

/** What ONNX Runtime needs to know of a tensor in a GPUBuffer. */
export interface OrtBufferOptions {
  readonly dataType: "float32";
  readonly dims: readonly number[];
  readonly download: () => Promise<Float32Array>;
  readonly dispose: () => void;
}

/** The class of ONNX Runtime's tensors. */
export interface OrtTensorClass<OfOrt extends OrtTensor = OrtTensor> {
  new (type: "float32", data: Float32Array, dims: readonly number[]): OfOrt;
  fromGpuBuffer(buffer: GPUBuffer, options: OrtBufferOptions): OfOrt;
}

/** An input or output of a model: its type and sizes, words for those that a call decides. */
export interface OrtValueMetadata {
  readonly name: string;
  readonly isTensor?: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** A model that ONNX Runtime has loaded. */
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly OrtValueMetadata[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** How ONNX Runtime is told to use the GPUDevice of a device: see `sessionOptions`. */
export interface OrtSessionOptions {
  readonly executionProviders: readonly (string | { readonly name: string })[];
  readonly preferredOutputLocation?: "gpu-buffer";
}

/** The module of ONNX Runtime: `import * as ort from "onnxruntime-web/webgpu"`, or `"onnxruntime-node"`. */
export interface Ort<OfOrt extends OrtTensor = OrtTensor> {
  readonly env: { readonly webgpu?: { readonly device?: unknown } };
  readonly Tensor: OrtTensorClass<OfOrt>;
  readonly InferenceSession: {
    /** Loads a model from its address or its bytes, for each of which ONNX Runtime declares a form of its own. */
    create(model: never, options?: OrtSessionOptions): Promise<OrtSession>;
  };
}

/** @throws ValueError for what is not the module of ONNX Runtime */
export function requireOrt(where: string, ort: unknown): void {
  if (typeof (ort as Partial<Ort> | null | undefined)?.Tensor === "function") return;
  const remedy = remedyFor(ort, 'import * as ort from "onnxruntime-web/webgpu"');
  throw new ValueError({ where, expected: "the module of ONNX Runtime", got: kindOf(ort), remedy });
}

/** @throws ValueError for what is none of the names that a model has for its inputs, or for its outputs */
export function requireName(
  where: string,
  kind: "an input" | "an output",
  name: unknown,
  names: readonly string[],
): void {
  if (names.includes(name as string)) return;
  throw new ValueError({ where, expected: `${kind} among ${names.join(", ")}`, got: kindOf(name) });
}
