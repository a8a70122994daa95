const software = /llvmpipe|lavapipe|swiftshader|warp|basic render/i;

/** Whether an adapter of this name runs on the CPU: Mesa's lavapipe, Google's SwiftShader, Microsoft's WARP. */
export const isSoftwareName = (name: string): boolean => software.test(name);

/** Adapters that run on the CPU. */
export const isSoftware = (info: GPUAdapterInfo): boolean =>
  (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
  isSoftwareName(`${info.description} ${info.device} ${info.architecture}`);

/** The model, where it is told by name and not by number, and how the adapter describes itself, which may be its driver. */
export function adapterName(info: GPUAdapterInfo): string {
  const { vendor, architecture, device, description } = info;
  if (description === "") return [vendor, architecture, device].filter(Boolean).join(" ") || "unnamed adapter";
  const model = /[a-z]{3}/i.test(device) && !isSoftware(info) && !description.includes(device);
  return model ? `${device} (${description})` : description;
}

/** Limits that make kernels faster or maps larger; `requestDevice` asks for each at the adapter's maximum. */
export const wantedLimits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/**
 * Asks `adapter` for a device with every limit and feature the kernels can use, and with the clock that measurements use: for
 * `open({ gpu })`, where the GPUDevice is shared with another library. WebGPU's default limits are too small for wide networks.
 * @throws DOMException where the adapter refuses
 * @example
 * const adapter = await globalThis.navigator?.gpu?.requestAdapter();
 * const shared = adapter ? await open({ gpu: await requestDevice(adapter) }) : undefined;
 */
export async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = (["timestamp-query", "subgroups"] as const).filter((name) => adapter.features.has(name));
  return adapter.requestDevice({ label: "crf-rnn", requiredLimits, requiredFeatures });
}
