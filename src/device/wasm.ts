import { plain, plainShared, relaxed, relaxedShared } from "../../build/wasm.ts";
import { DeviceError, LimitError } from "../errors.ts";
import type { Kernel } from "../kernel.ts";
import { BaseDevice } from "./base.ts";
import type { Data, DeviceInfo, DeviceLimits, Storage } from "./device.ts";
import { Heap } from "./heap.ts";
import { controlBytes, Threads } from "./threads.ts";

const builds = { plain, plainShared, relaxed, relaxedShared };
const pageBytes = 65536;
const addressSpace = 2 ** 32 - pageBytes;
/** Scratch memory of one thread, for the arrays that a WGSL kernel keeps in private memory. */
const scratchBytes = 65536;
/** Below this many invocations a kernel runs on the calling thread: waking workers costs more (measured: 5–20 µs). */
const smallestShared = 4096;
/** Chunks begin at multiples of this, so that a thread count never changes which values share a SIMD register. */
const chunkAlignment = 64;

type KernelFunction = (...args: number[]) => void;

/** A module that is valid only where the engine has relaxed SIMD: one f32x4.relaxed_madd. */
const relaxedProbe = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  19,
  1,
  17,
  0,
  65,
  0,
  253,
  17,
  65,
  0,
  253,
  17,
  65,
  0,
  253,
  17,
  253,
  133,
  2,
  11,
);

/** Relaxed SIMD brings fused multiply-add; V8 has it from Node 22 on. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxedProbe);

/** Whether memory can be shared between threads here: in a browser, only on a cross-origin isolated page. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

export interface WasmOptions {
  /** Threads, the calling one included. Default: the processors there are, or one where memory cannot be shared. */
  readonly threads?: number;
  /** Default: relaxed SIMD where the engine has it. */
  readonly relaxed?: boolean;
  /** See `OpenOptions.bindingBytes`. */
  readonly bindingBytes?: number;
}

function makeMemory(shared: boolean): WebAssembly.Memory {
  // The maximum is address space set aside; where the whole 4 GiB are refused (small devices), less will do.
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared });
    } catch {
      continue;
    }
  }
  throw new DeviceError({
    where: "wasm",
    expected: "1 GiB of address space",
    got: "a refusal",
    remedy: "close other pages or raise the memory limit",
  });
}

/** Opens the WebAssembly device. @throws DeviceError where threads cannot be started or SIMD is missing. */
export async function openWasm(options: WasmOptions = {}): Promise<WasmDevice> {
  const most = canShareMemory() ? (globalThis.navigator?.hardwareConcurrency ?? processors()) : 1;
  const count = options.threads ?? most;
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw new LimitError({
      where: "open",
      expected: "threads from 1 to 64",
      got: String(options.threads),
      remedy: "leave threads out to use every processor",
    });
  }
  const shared = canShareMemory() && count > 1;
  const variant =
    `${(options.relaxed ?? hasRelaxedSimd()) ? "relaxed" : "plain"}${shared ? "Shared" : ""}` as keyof typeof builds;
  const bytes = Uint8Array.from(atob(builds[variant]), (character) => character.charCodeAt(0));
  const module = await WebAssembly.compile(bytes).catch((cause: unknown) => {
    throw new DeviceError(
      { where: "wasm", expected: "WebAssembly with SIMD and threads", got: String(cause), remedy: "update the engine" },
      { cause },
    );
  });
  const memory = makeMemory(shared);
  const bindingBytes = Math.min(options.bindingBytes ?? Infinity, addressSpace);
  return WasmDevice.create(module, memory, variant, shared ? count : 1, bindingBytes);
}

const processors = (): number => globalThis.process?.getBuiltinModule?.("node:os").availableParallelism() ?? 1;

/** Kernels as WebAssembly SIMD, split over threads. Results do not depend on the number of threads. */
export class WasmDevice extends BaseDevice {
  readonly kind = "wasm";
  readonly info: DeviceInfo;
  readonly limits: DeviceLimits;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Record<string, KernelFunction>;
  readonly #heap: Heap;
  #threads: Threads | undefined;
  #failure: DeviceError | undefined;

  private constructor(
    memory: WebAssembly.Memory,
    exports: WebAssembly.Exports,
    info: DeviceInfo,
    bindingBytes: number,
  ) {
    super();
    this.limits = { bindingBytes, bufferBytes: addressSpace, alignment: 16 };
    this.#memory = memory;
    this.#exports = exports as Record<string, KernelFunction>;
    this.#heap = new Heap((exports.heapBase as () => number)(), memory.buffer.byteLength);
    this.info = info;
  }

  /** For `openWasm` only. */
  static async create(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    variant: string,
    threads: number,
    bindingBytes: number,
  ): Promise<WasmDevice> {
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const device = new WasmDevice(
      memory,
      exports,
      { name: "WebAssembly SIMD", hardware: false, threads, variant },
      bindingBytes,
    );
    const address = (bytes: number): number => device.#place(bytes);
    device.#exports.setScratch!(address(scratchBytes));
    if (threads > 1) {
      const control = address(controlBytes);
      new Uint8Array(memory.buffer, control, controlBytes).fill(0);
      const kernels = Object.keys(exports);
      const scratches = Array.from({ length: threads - 1 }, () => address(scratchBytes));
      device.#threads = await Threads.start({ module, memory, control, kernels }, scratches);
    }
    return device;
  }

  allocate(bytes: number): Storage {
    this.checkOpen();
    const offset = this.#place(bytes);
    this.account(bytes);
    return { handle: this.#memory, offset, bytes };
  }

  #place(bytes: number): number {
    const found = this.#heap.allocate(bytes);
    if (found !== undefined) return found;
    const pages = Math.ceil(this.#heap.shortfall(bytes) / pageBytes);
    // At least 16 MiB at a time: growing is a system call and, without threads, replaces the buffer.
    for (const step of [Math.max(pages, 256), pages]) {
      try {
        this.#memory.grow(step);
      } catch {
        continue;
      }
      this.#heap.grow(this.#memory.buffer.byteLength);
      return this.#heap.allocate(bytes)!;
    }
    throw new LimitError({
      where: "wasm",
      expected: "memory within WebAssembly's 4 GiB",
      got: `${bytes} bytes more than ${this.#memory.buffer.byteLength}`,
      remedy: "dispose tensors that are no longer needed, or use a smaller image or fewer channels",
    });
  }

  release(storage: Storage): void {
    this.#heap.release(storage.offset, storage.bytes);
    this.account(-storage.bytes);
  }

  write(storage: Storage, data: Data): void {
    this.checkOpen();
    this.#bytes(storage).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  async read(storage: Storage): Promise<ArrayBuffer> {
    await this.finish();
    return new Uint8Array(this.#bytes(storage)).buffer;
  }

  copy(from: Storage, to: Storage): void {
    this.#bytes(to).set(this.#bytes(from));
  }

  clear(storage: Storage): void {
    this.#bytes(storage).fill(0);
  }

  run<Arguments extends object>(kernel: Kernel<Arguments>, count: number, args: Arguments): void {
    this.checkOpen();
    if (count === 0 || this.#failure) return;
    const named = args as Record<string, Storage | number>;
    const storages = kernel.bindings.map(({ name }) => named[name] as Storage);
    this.checkBindings(kernel, storages);
    const values = [
      ...storages.map(({ offset }) => offset),
      ...kernel.params.map(({ name }) => named[name] as number),
      ...kernel.constants.map(({ argument }) => named[argument] as number),
    ];
    const call = this.#exports[kernel.id]!;
    try {
      if (!this.#threads || (kernel.unit === "invocation" && count < smallestShared) || count === 1)
        call(...values, 0, count);
      else
        this.#threads.run(kernel.id, values, count, this.#chunk(kernel, count), (begin, end) =>
          call(...values, begin, end),
        );
    } catch (cause) {
      this.#failure =
        cause instanceof DeviceError
          ? cause
          : new DeviceError(
              { where: kernel.file, kernel: kernel.id, expected: "the kernel to finish", got: String(cause) },
              { cause },
            );
    }
  }

  #chunk<Arguments>(kernel: Kernel<Arguments>, count: number): number {
    const share = Math.ceil(count / (this.info.threads * 8));
    return kernel.unit === "workgroup" ? share : Math.ceil(share / chunkAlignment) * chunkAlignment;
  }

  async finish(): Promise<void> {
    this.checkOpen();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }

  #bytes({ offset, bytes }: Storage): Uint8Array {
    return new Uint8Array(this.#memory.buffer, offset, bytes);
  }

  protected wrap(): Storage {
    throw new DeviceError({
      where: "tensor",
      expected: "an array of numbers",
      got: "a GPUBuffer on the WASM device",
      remedy: "open the WebGPU device",
    });
  }

  protected close(): void {
    this.#threads?.terminate();
  }
}
