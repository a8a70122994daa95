import { BufferUsage } from "../../device/flags.ts";
import { requireInputs } from "../../inputs.ts";
import { dense } from "../../nn/dense.ts";
import { elementsOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { callsOf, requireTf, type TensorOf, type Tf, type TfTensor } from "./module.ts";
import { sharesGpu } from "./openWith.ts";

/**
 * Makes a float32 tensor of TensorFlow.js, of the same shape, of a tensor. Where both share a GPUDevice the numbers stay on it: they
 * are copied into a buffer that TensorFlow.js owns, without the padding of rows, since it takes the size of a buffer for that of the
 * tensor. The tensor given is still the caller's.
 * @throws ValueError, DisposedError, DeviceError
 * @example const labels = tf.argMax(await toTf(tf, refined), 2);
 */
export async function toTf<Module extends Tf>(tf: Module, tensor: Tensor): Promise<TensorOf<Module>> {
  requireTf("toTf", tf);
  requireInputs("toTf", { tensor });
  return (await toTfOfShape(tf, tensor, tensor.shape)) as TensorOf<Module>;
}

/** The same in another shape of as many numbers: with an axis for one image, for example. */
export async function toTfOfShape(tf: Tf, tensor: Tensor, shape: readonly number[]): Promise<TfTensor> {
  const isMap = tensor.shape.length === 3 || tensor.shape.length === 4;
  if (isMap && sharesGpu(tensor.device, tf)) return copied(tf, tensor, shape);
  return callsOf(tf).tensor(await tensor.read(), [...shape], "float32");
}

/** Copies a map on the GPU. */
function copied(tf: Tf, tensor: Tensor, shape: readonly number[]): TfTensor {
  const { device } = tensor;
  const gpu = device.gpu!;
  using flat = dense(tensor, "nhwc");
  // What was queued here is submitted by this, before what is submitted below.
  using exported = device.export(flat);
  const bytes = elementsOf(tensor.shape) * 4;
  const usage = BufferUsage.storage | BufferUsage.copySource | BufferUsage.copyDestination;
  const buffer = gpu.createBuffer({ label: "toTf", size: bytes, usage });
  try {
    const encoder = gpu.createCommandEncoder({ label: "toTf" });
    encoder.copyBufferToBuffer(exported.buffer, flat.storage.offset, buffer, 0, bytes);
    gpu.queue.submit([encoder.finish()]);
    // TensorFlow.js copies it to a buffer of its own at once.
    return callsOf(tf).tensor({ buffer }, [...shape], "float32");
  } finally {
    buffer.destroy();
  }
}
