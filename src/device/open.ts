import { DeviceError } from "../errors.ts";
import type { Device } from "./device.ts";
import { openWasm } from "./wasm.ts";
import { isSoftware, requestDevice, WebGpuDevice } from "./webgpu.ts";

export interface OpenOptions {
  /** `auto` takes a hardware WebGPU adapter, else WASM; a software adapter is taken only for `webgpu`. */
  readonly prefer?: "auto" | "webgpu" | "wasm";
  /** An existing device to work on; it stays the caller's. */
  readonly gpu?: GPUDevice;
  /** WASM threads. Default: the processors there are. */
  readonly threads?: number;
  /** A smaller limit than the device's own on the bytes that one kernel argument spans: larger maps run in blocks. */
  readonly bindingBytes?: number;
}

/**
 * Opens a device.
 * @throws DeviceError if `webgpu` is asked for and there is no adapter.
 * @example const device = await open(); // the GPU, else WebAssembly
 */
export async function open(options: OpenOptions = {}): Promise<Device> {
  const { prefer = "auto", gpu, threads, bindingBytes } = options;
  if (!["auto", "webgpu", "wasm"].includes(prefer)) {
    throw new DeviceError({ where: "open", expected: "prefer: auto, webgpu or wasm", got: String(prefer) });
  }
  if (gpu) return new WebGpuDevice(gpu, { owned: false, bindingBytes });
  if (prefer === "wasm") return openWasm({ threads, bindingBytes });
  const root = await findGpu();
  const adapter = await root?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (adapter && (prefer === "webgpu" || !isSoftware(adapter.info))) {
    return new WebGpuDevice(await requestDevice(adapter), { owned: true, bindingBytes });
  }
  if (prefer === "auto") return openWasm({ threads, bindingBytes });
  throw new DeviceError({
    where: "open",
    expected: "a WebGPU adapter",
    got: root ? "no adapter" : "no WebGPU in this host",
    remedy: 'install a GPU driver or Mesa\'s lavapipe (see crf-rnn doctor), or open({ prefer: "wasm" })',
  });
}

/** Kept for good: Node's binding crashes at a garbage collection once the object that `create` returns is collected. */
let dawn: Promise<GPU | undefined> | undefined;

/** `navigator.gpu`, or in Node the entry point of npm's `webgpu` (Dawn), if it is installed. */
export async function findGpu(): Promise<GPU | undefined> {
  const native = globalThis.navigator?.gpu;
  if (native || !globalThis.process?.versions?.node) return native;
  const name = "webgpu"; // a variable, so that bundlers for the browser do not follow it
  dawn ??= import(/* @vite-ignore */ name).then(
    // Rounding a GPU's clock to 65 µs protects pages from each other; here it would only blur measurements.
    ({ create }: { create(flags: string[]): GPU }) => create(["disable-dawn-features=timestamp_quantization"]),
    () => undefined,
  );
  return dawn;
}
