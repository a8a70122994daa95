import type { Device } from "../../device/device.ts";
import { ValueError } from "../../errors.ts";
import { requireDevice } from "../../inputs.ts";
import { type Names, requireOptions } from "../../options.ts";
import { type ScoresOptions, scoresTensor } from "../../pictures/scoresTensor.ts";
import type { Tensor } from "../../tensor.ts";
import { requireTfTensor, type TfTensor } from "./module.ts";
import { sharesGpu } from "./openWith.ts";

/** Options of `fromTf`: those of `scoresTensor` that the tensor does not tell by itself. */
export type FromTfOptions = Omit<ScoresOptions, "shape" | "type" | "release">;

const where = "fromTf";
const optionNames: Names<FromTfOptions> = {
  layout: true,
  size: true,
  alignCorners: true,
  meaning: true,
  temperature: true,
};

/**
 * Makes a tensor of one of TensorFlow.js, [h, w, c] or [n, h, w, c], as `scoresTensor` does: unary logits of scores, or a guide
 * of what `tf.browser.fromPixels` gives. Where the device shares the GPUDevice of TensorFlow.js (`openWith`), nothing goes
 * through the processor. The tensor stays the caller's, who may dispose of it as soon as this resolves.
 * @throws ValueError, ShapeError, DeviceError, DisposedError
 * @example const unary = await fromTf(device, network(picture), { size: [height, width] });
 */
export async function fromTf(device: Device, tensor: TfTensor, options: FromTfOptions = {}): Promise<Tensor> {
  requireDevice(where, device);
  requireOptions(where, options, optionNames);
  requireNumeric(where, "scores", tensor);
  const shape = tensor.shape;
  const common = { layout: shape.length === 3 ? "hwc" : "nhwc", ...options, shape } as const;
  const { data, ...own } = await numbersOf(tensor, sharesGpu(device));
  return scoresTensor(device, data, { ...common, ...own });
}

/** @throws ValueError for what holds no numbers; DisposedError */
export function requireNumeric(where: string, name: string, tensor: unknown): asserts tensor is TfTensor {
  requireTfTensor(where, name, tensor);
  if (["float32", "int32", "bool"].includes(tensor.dtype)) return;
  const remedy = "cast it: tensor.toFloat()";
  throw new ValueError({ where, expected: `${name} of numbers`, got: tensor.dtype, remedy });
}

/** What a tensor holds. */
interface Numbers {
  readonly data: ArrayLike<number> | GPUBuffer;
  readonly type?: "float32" | "int32";
  readonly release?: () => void;
}

/** The numbers in an array, or in a buffer of their own that is given back when the GPU has read it. */
export async function numbersOf(tensor: TfTensor, onGpu: boolean): Promise<Numbers> {
  const copied = onGpu ? copyOf(tensor) : undefined;
  // On a GPU truth values are whole numbers, too.
  const type = tensor.dtype === "float32" ? "float32" : "int32";
  if (copied?.buffer) return { data: copied.buffer, type, release: () => copied.tensorRef.dispose() };
  const data = await tensor.data();
  // Truth values are bytes on the processor, which are no shares of 255.
  return { data: tensor.dtype === "bool" ? Int32Array.from(data) : data };
}

function copyOf(tensor: TfTensor): ReturnType<TfTensor["dataToGPU"]> | undefined {
  try {
    return tensor.dataToGPU();
  } catch {
    // What was made of an array is on the processor until a kernel needs it.
    return undefined;
  }
}
