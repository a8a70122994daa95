import { DeviceError, ValueError } from "../errors.ts";
import { type Names, requireOptions } from "../options.ts";
import { kindOf, remedyFor, requireChoice } from "../values.ts";
import { requireWarningOptions, type WarningOptions } from "../warnings.ts";
import { adapterName, isSoftware, requestDevice } from "./adapter.ts";
import { findAdapter } from "./adapters.ts";
import type { Device } from "./device.ts";
import { findGpu } from "./gpu.ts";
import type { WorkerLike } from "./port.ts";
import { openWasm } from "./wasm.ts";
import { WebGpuDevice } from "./webgpu.ts";

export interface OpenOptions extends WarningOptions {
  /** `auto` takes a hardware WebGPU adapter, else WASM. A software adapter is taken only if `webgpu` is asked for. */
  readonly prefer?: "auto" | "webgpu" | "wasm";
  /** An existing device to work on; it stays the caller's. */
  readonly gpu?: GPUDevice;
  /**
   * The adapter of this index in what `crf-rnn doctor` lists, or whose name has this text in it; it is taken whatever it
   * computes on. Node reaches every adapter, Deno and pages those to which `powerPreference` leads them.
   */
  readonly adapter?: number | string;
  /**
   * A compiled module, for hosts that forbid compiling at run time, such as workerd: one of `crf-rnn/wasm/*.wasm` of the same
   * version of this package. Only `plainShared` and `relaxedShared` have threads.
   */
  readonly wasm?: WebAssembly.Module;
  /** Number of WASM threads. The default is the number of processors, or 1 where the host has no threads. */
  readonly threads?: number;
  /**
   * Which instructions WebAssembly computes with. `auto` takes relaxed SIMD where the engine has it: faster, with multiply-adds that
   * round once. `plain` takes the instructions that every engine has, and so gives the same bits in every host, Node 20 and
   * pages for example. It is for WebAssembly alone: refused beside a GPU that is asked for, and of no effect where `auto` finds one.
   * Default: `auto`.
   */
  readonly simd?: "auto" | "plain";
  /**
   * Where kernels run as WebAssembly, run them in a worker, so that the calling thread, a page's for example, is free while
   * they do. `true` makes a worker, for which a page's Content-Security-Policy needs `worker-src blob:`. A worker of
   * your own is one whose module is, or imports, `crf-rnn/worker`. All calls are the same. What goes wrong is told by the
   * next `read` or `finish`. A GPU computes beside the page anyway: on WebGPU this changes nothing.
   */
  readonly worker?: boolean | WorkerLike;
  /**
   * Sets a smaller limit than the device's own on the bytes of one kernel argument. Larger maps are then computed in
   * several dispatches.
   */
  readonly bindingBytes?: number;
  /**
   * Called with one sentence for each device that could not be opened and why; `device.info.fallbacks` lists the same
   * sentences.
   */
  readonly onFallback?: (reason: string) => void;
}

const optionNames: Names<OpenOptions> = {
  prefer: true,
  gpu: true,
  adapter: true,
  wasm: true,
  threads: true,
  simd: true,
  worker: true,
  bindingBytes: true,
  onFallback: true,
  onWarning: true,
  warnings: true,
};

/**
 * Opens a device: the GPU if there is one, else WebAssembly with threads, else WebAssembly with one thread. If you ask
 * for a device by name and it is not available, that is an error. With `auto`, unavailable devices are skipped and
 * reported through `onFallback`.
 * @throws DeviceError if `webgpu` is asked for and there is no adapter, or if WebAssembly cannot be had either; ValueError
 * @example const device = await open(); // the GPU, else WebAssembly
 */
export async function open(options: OpenOptions = {}): Promise<Device> {
  requireOptions("open", options, optionNames);
  requireWarningOptions("open", options);
  const device = await openPreferred(options);
  device.warnings.listen(options);
  return device;
}

async function openPreferred(options: OpenOptions): Promise<Device> {
  const { prefer = "auto", gpu, adapter, wasm, threads, simd = "auto", worker, bindingBytes, onFallback } = options;
  requireChoice("open", "prefer", prefer, ["auto", "webgpu", "wasm"]);
  requireChoice("open", "simd", simd, ["auto", "plain"]);
  if (simd === "plain" && (prefer === "webgpu" || (gpu ?? adapter) !== undefined)) throw plainOnGpu();
  requireWorker(worker);
  if (adapter !== undefined && (prefer === "wasm" || gpu !== undefined)) throw adapterBeside(gpu);
  if (gpu !== undefined) return new WebGpuDevice(requireGpu(gpu), { owned: false, bindingBytes });
  if (adapter !== undefined) return await openAdapter(adapter, bindingBytes);
  const fallbacks: string[] = [];
  const passOver = (reason: string): void => {
    fallbacks.push(reason);
    onFallback?.(reason);
  };
  if (prefer !== "wasm") {
    try {
      return await openWebGpu(prefer === "webgpu", bindingBytes);
    } catch (error) {
      if (prefer === "webgpu") throw error;
      passOver((error as Error).message);
    }
  }
  return await openWasm({
    module: wasm,
    threads,
    relaxed: simd === "plain" ? false : undefined,
    worker,
    bindingBytes,
    fallbacks,
    onFallback: passOver,
  });
}

/** @throws DeviceError if there is no adapter, or only a software one that was not asked for, or it refuses a device */
async function openWebGpu(software: boolean, bindingBytes: number | undefined): Promise<Device> {
  const driver = "install a GPU driver or Mesa's lavapipe (see crf-rnn doctor)";
  const missing = (got: string, remedy = driver): DeviceError =>
    new DeviceError({
      where: "open",
      expected: software ? "a WebGPU adapter" : "a hardware WebGPU adapter",
      got,
      remedy: `${remedy}, or open({ prefer: "wasm" })`,
    });
  const root = await findGpu();
  if (!root) {
    const inNode = globalThis.process?.versions?.node !== undefined;
    throw missing("no WebGPU in this host", inNode ? "npm install webgpu" : "use a host with WebGPU");
  }
  const adapter = await root.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) throw missing("no adapter");
  // Browsers before 2025 lack `info`.
  const info = (adapter as { info?: GPUAdapterInfo }).info;
  if (!software && info && isSoftware(info)) throw missing(`${adapterName(info)}, which computes on the processor`);
  return await openOn(adapter, bindingBytes);
}

/** @throws DeviceError for an adapter that is not there or refuses a device; ValueError */
async function openAdapter(wanted: number | string, bindingBytes: number | undefined): Promise<Device> {
  const { name, request } = await findAdapter(wanted);
  return await openOn(await request(), bindingBytes, name);
}

/** @throws DeviceError where the adapter refuses a device */
async function openOn(adapter: GPUAdapter, bindingBytes?: number, model?: string): Promise<Device> {
  const { info } = adapter as { info?: GPUAdapterInfo };
  try {
    return new WebGpuDevice(await requestDevice(adapter), { owned: true, adapter: info, model, bindingBytes });
  } catch (cause) {
    const expected = `a device of the adapter ${info ? adapterName(info) : ""}`.trimEnd();
    const remedy = 'close other programs that use the GPU, or open({ prefer: "wasm" })';
    throw new DeviceError({ where: "open", expected, got: String(cause), remedy }, { cause });
  }
}

const adapterBeside = (gpu: unknown): ValueError =>
  new ValueError({
    where: "open",
    expected: "an adapter for WebGPU to be opened on",
    got: gpu === undefined ? 'it beside prefer: "wasm"' : "it beside a GPUDevice, which has one",
    remedy: "leave one out",
  });

const plainOnGpu = (): ValueError =>
  new ValueError({
    where: "open",
    expected: 'simd: "plain" for WebAssembly alone',
    got: "it beside a GPU",
    remedy: 'leave it out, or open({ prefer: "wasm", simd: "plain" })',
  });

/** @throws ValueError for what is neither true, false nor a worker */
function requireWorker(worker: unknown): void {
  if (worker === undefined || typeof worker === "boolean") return;
  if (typeof worker === "object" && worker !== null && "postMessage" in worker) return;
  throw new ValueError({
    where: "open",
    expected: "worker: true, false, or a worker of crf-rnn/worker",
    got: kindOf(worker),
    remedy: remedyFor(worker, "pass true, or new Worker(…)"),
  });
}

/** @throws ValueError for what is no GPUDevice */
function requireGpu(gpu: unknown): GPUDevice {
  if (typeof (gpu as Partial<GPUDevice> | null)?.createShaderModule === "function") return gpu as GPUDevice;
  throw new ValueError({
    where: "open",
    expected: "gpu: a GPUDevice",
    got: kindOf(gpu),
    remedy: remedyFor(gpu, "pass what await adapter.requestDevice() gives"),
  });
}
