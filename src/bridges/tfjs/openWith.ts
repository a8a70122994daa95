import type { Device } from "../../device/device.ts";
import { open, type OpenOptions } from "../../device/open.ts";
import { gpuOf, requireTf, type Tf, type TfWebGpuBackend } from "./module.ts";

/** Options of `openWith`: those of `open`, and one more. */
export interface OpenWithOptions extends OpenOptions {
  /**
   * `WebGPUBackend` of `@tensorflow/tfjs-backend-webgpu`. Where TensorFlow.js does not compute on WebGPU yet, it is made to, on
   * the GPUDevice that is opened. Tensors of a backend `webgpu` from before would be lost.
   */
  readonly backend?: TfWebGpuBackend;
}

/** The devices that share a GPUDevice with TensorFlow.js. */
const sharing = new WeakSet<Device>();

/**
 * Opens a device that shares the GPUDevice of TensorFlow.js, if that computes on its backend `webgpu`, so that nothing is copied
 * through the processor. Else it opens one as `open` does, and with `backend` lets TensorFlow.js compute on it.
 * @throws ValueError, DeviceError, as `open` does
 * @example const device = await openWith(tf); // after tf.setBackend("webgpu"), on its GPUDevice
 */
export async function openWith(tf: Tf, options: OpenWithOptions = {}): Promise<Device> {
  requireTf("openWith", tf);
  const { backend, ...others } = options;
  await tf.ready();
  const gpu = gpuOf(tf);
  const shared = gpu && options.prefer !== "wasm" && !options.gpu;
  const device = await open(shared ? { ...others, gpu } : others);
  if (!shared && backend && device.gpu) await lend(tf, device.gpu, backend);
  if (device.gpu && gpuOf(tf) === device.gpu) sharing.add(device);
  return device;
}

/** Makes TensorFlow.js compute on a GPUDevice. Its kernels know the backend by its name, so that there is one of them. */
async function lend(tf: Tf, gpu: GPUDevice, Backend: TfWebGpuBackend): Promise<void> {
  tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new Backend(gpu, gpu.adapterInfo) as never);
  await tf.setBackend("webgpu");
}

/** Whether buffers of the one are buffers of the other. */
export const sharesGpu = (device: Device, tf?: Tf): boolean =>
  device.gpu !== undefined && (tf ? gpuOf(tf) === device.gpu : sharing.has(device));
