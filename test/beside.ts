import type { Device } from "../src/device/device.ts";
import { open, type OpenOptions } from "../src/device/open.ts";
import { WebGpuDevice } from "../src/device/webgpu.ts";

/**
 * Another device of the same kind. On WebGPU it is on the same GPUDevice and takes the pipelines that are compiled there: a software
 * adapter takes seconds for those of a filter.
 */
export function openBeside(
  device: Device,
  options: Pick<OpenOptions, "bindingBytes" | "warnings" | "onWarning"> = {},
): Promise<Device> {
  if (device instanceof WebGpuDevice) return open({ gpu: device.gpu, ...options });
  return open({ prefer: device.kind, threads: device.info.threads, ...options });
}
