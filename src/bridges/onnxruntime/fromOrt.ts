import type { Device } from "../../device/device.ts";
import { DisposedError, ValueError } from "../../errors.ts";
import { requireDevice } from "../../inputs.ts";
import { type Names, requireOptions } from "../../options.ts";
import { type ScoresOptions, scoresTensor, type ScoresType } from "../../pictures/scoresTensor.ts";
import type { Tensor } from "../../tensor.ts";
import { kindOf, remedyFor, requireFlag } from "../../values.ts";
import type { OrtTensor } from "./module.ts";

/** Options of `fromOrt`: those of `scoresTensor` that the tensor does not tell by itself. */
export interface FromOrtOptions extends Omit<ScoresOptions, "shape" | "type" | "release"> {
  /**
   * Whether ONNX Runtime's tensor is disposed of once it was read: one in a GPUBuffer when the GPU has finished. Default:
   * false.
   */
  readonly dispose?: boolean;
}

const where = "fromOrt";
const optionNames: Names<FromOrtOptions> = {
  layout: true,
  size: true,
  alignCorners: true,
  meaning: true,
  temperature: true,
  dispose: true,
};

/** The types that kernels read; those of others on the processor are converted. */
const types: readonly string[] = ["float32", "float16", "uint8", "int32"] satisfies ScoresType[];

/**
 * Makes unary logits of a tensor of ONNX Runtime, as `scoresTensor` does, whose sizes and type it reads from the tensor.
 * Channels come first (NCHW) unless `layout` says something else. A tensor in a GPUBuffer of the same GPUDevice is not
 * copied to the processor; the buffer may be larger than its numbers, and may be disposed of as soon as this returns.
 * @throws ValueError, ShapeError, DeviceError, DisposedError
 * @example const unary = fromOrt(device, results.logits, { size: [height, width], dispose: true });
 */
export function fromOrt(device: Device, tensor: OrtTensor, options: FromOrtOptions = {}): Tensor {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  requireOrtTensor(where, tensor);
  const { dispose = false, ...scores } = options;
  requireFlag(where, "dispose", dispose);
  const { dims, type } = tensor;
  return scoresTensor(device, dataOf(tensor), {
    layout: dims.length === 3 ? "chw" : "nchw",
    ...scores,
    shape: dims,
    ...(types.includes(type) && { type: type as ScoresType }),
    ...(dispose && { release: () => tensor.dispose() }),
  });
}

/** @throws ValueError for what is no tensor of ONNX Runtime; DisposedError */
export function requireOrtTensor(where: string, tensor: unknown): asserts tensor is OrtTensor {
  const { dims, type, location } = (tensor ?? {}) as Partial<OrtTensor>;
  if (!Array.isArray(dims) || typeof type !== "string" || typeof location !== "string") {
    const remedy = remedyFor(tensor, 'take one out of the results: (await session.run(feeds))["logits"]');
    throw new ValueError({ where, expected: "a tensor of ONNX Runtime", got: kindOf(tensor), remedy });
  }
  if (location !== "none") return;
  const remedy = "dispose() of it after it was read";
  throw new DisposedError({ where, expected: "a tensor in use", got: "one that was disposed of", remedy });
}

/** The numbers or the buffer. @throws ValueError for numbers that are no scores, or that are out of reach */
function dataOf(tensor: OrtTensor): ArrayLike<number> | GPUBuffer {
  const { type, location } = tensor;
  const onGpu = location === "gpu-buffer";
  if (!onGpu && location !== "cpu" && location !== "cpu-pinned") {
    const remedy = 'make the session with preferredOutputLocation: "cpu" or "gpu-buffer"';
    throw new ValueError({ where, expected: "a tensor on the processor or in a GPUBuffer", got: location, remedy });
  }
  const known = types.includes(type);
  if (/int64|string|int4/.test(type) || (onGpu && !known)) {
    const got = `${type}${onGpu ? " in a GPUBuffer" : ""}`;
    const remedy = "take the output before ArgMax, or have the model cast it to float32";
    throw new ValueError({ where, expected: `scores as ${types.join(", ")}`, got, remedy });
  }
  if (onGpu) return tensor.gpuBuffer as GPUBuffer;
  const data = tensor.data as ArrayLike<number>;
  return known ? data : Float32Array.from(data);
}
