import { findChromium, vulkanEnvironment } from "../../scripts/environment.mjs";
import type { Device } from "../../src/device/device.ts";
import { findGpu } from "../../src/device/gpu.ts";
import { open, type OpenOptions } from "../../src/device/open.ts";

/** For tests that run in vitest itself: the software adapter, found as the hosts' processes find it. */
async function findSoftware(): Promise<void> {
  Object.assign(process.env, vulkanEnvironment(await findChromium()));
}

export async function openWebGpu(options: OpenOptions = {}): Promise<Device> {
  await findSoftware();
  return await open({ ...options, prefer: "webgpu" });
}

/** A GPUDevice of the caller's own, to be handed to `open`. */
export async function requestGpu(): Promise<GPUDevice> {
  await findSoftware();
  const adapter = await (await findGpu())?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: run scripts/setup.sh");
  return await adapter.requestDevice();
}
