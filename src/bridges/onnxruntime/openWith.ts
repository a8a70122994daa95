import type { Device } from "../../device/device.ts";
import { open, type OpenOptions } from "../../device/open.ts";
import { requireDevice } from "../../inputs.ts";
import { type Ort, type OrtSessionOptions, requireOrt } from "./module.ts";

/**
 * Opens a device that shares the GPUDevice of ONNX Runtime, if a session of it runs on WebGPU already. Else it opens one as
 * `open` does, which a later session shares by `sessionOptions`. So nothing is copied through the processor, whoever comes
 * first. ONNX Runtime owns a GPUDevice that it has made: keep one of its sessions as long as the device.
 * @throws ValueError, DeviceError, as `open` does
 * @example
 * const device = await openWith(ort);
 * const session = await ort.InferenceSession.create("model.onnx", sessionOptions(device));
 */
export async function openWith(ort: Pick<Ort, "env" | "Tensor">, options: OpenOptions = {}): Promise<Device> {
  requireOrt("openWith", ort);
  const gpu = await gpuOf(ort);
  return await open(gpu && options.prefer !== "wasm" && !options.gpu ? { ...options, gpu } : options);
}

/** The GPUDevice of the sessions that were not given another one, once there is such a session. */
export const gpuOf = async (ort: Pick<Ort, "env">): Promise<GPUDevice | undefined> =>
  ((await ort.env.webgpu?.device) ?? undefined) as GPUDevice | undefined;

/**
 * Options with which a session of ONNX Runtime computes where `device` does: on its GPUDevice, with results that stay there,
 * or on the processor. Of the builds for browsers, `onnxruntime-web/webgpu` and `/jspi` take a GPUDevice; the plain
 * `onnxruntime-web` makes one of its own, which `openWith` shares if it is called after the session was made.
 * @throws ValueError
 */
export function sessionOptions(device: Device): OrtSessionOptions {
  requireDevice("sessionOptions", device);
  if (!device.gpu) return { executionProviders: ["cpu"] };
  const provider = { name: "webgpu", device: device.gpu };
  return { executionProviders: [provider], preferredOutputLocation: "gpu-buffer" };
}
