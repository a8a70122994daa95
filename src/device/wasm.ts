import { sectionName, commonSources } from "../../build/wasm.ts";
import { DeviceError, LimitError, ValueError } from "../errors.ts";
import type { Kernel, Twin } from "../kernel.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { BaseDevice, type Range, type Timed } from "./base.ts";
import { controlBytes } from "./control.ts";
import { kindOf } from "../values.ts";
import type { Data, DeviceInfo, DeviceLimits, Dispatch, Storage } from "./device.ts";
import { Heap } from "./heap.ts";
import { Threads } from "./threads.ts";
import { bytesOf, wasmBytes } from "./wasmBytes.ts";

const pageBytes = 65536;
const addressSpace = 2 ** 32 - pageBytes;
/** Scratch memory of one thread, for the arrays that a WGSL kernel keeps in private memory. */
const scratchBytes = 65536;
/**
 * With fewer invocations a kernel runs on the calling thread, because waking workers costs more time (measured: 5 to 20
 * µs).
 */
const smallestShared = 4096;
/**
 * Chunks begin at multiples of this number, so that the number of threads never changes which values share a SIMD
 * register.
 */
const chunkAlignment = 64;

/** A piece of a long kernel is to take this many milliseconds, which is half of the 16 ms after which a turn is due. */
const pieceMilliseconds = 8;
/**
 * The first piece of a kernel is one part in this many of it, and no piece is more than this many times as large as the
 * one before.
 */
const firstPieces = 64;

type KernelFunction = (...args: number[]) => void;

/** A module that is valid only where the engine has relaxed SIMD: one f32x4.relaxed_madd, in base64. */
const relaxedProbe = "AGFzbQEAAAABBQFgAAF7AwIBAAoTAREAQQD9EUEA/RFBAP0R/YUCCw==";

/** Relaxed SIMD brings fused multiply-add; V8 has it from Node 22 on. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(bytesOf(relaxedProbe));

/** Tells whether threads can share memory on this host. In a browser they can only on a cross-origin isolated page. */
export const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer !== "undefined" &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

export interface WasmOptions {
  /**
   * The number of threads, including the calling one. The default is the number of processors, or 1 where memory cannot
   * be shared.
   */
  readonly threads?: number;
  /** See `OpenOptions.wasm`. */
  readonly module?: WebAssembly.Module;
  /** Default: relaxed SIMD where the engine has it. */
  readonly relaxed?: boolean;
  /** See `OpenOptions.bindingBytes`. */
  readonly bindingBytes?: number;
  /** The devices that `open` has already tried in vain, for `device.info.fallbacks`. */
  readonly fallbacks?: readonly string[];
  /** Called with the reason if threads are not available and no number of threads was asked for. */
  readonly onFallback?: (reason: string) => void;
}

function makeMemory(shared: boolean): WebAssembly.Memory {
  // `maximum` reserves address space. Small devices refuse to reserve all 4 GiB, so smaller maxima are tried after it.
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared });
    } catch {
      continue;
    }
  }
  throw new DeviceError({
    where: "wasm",
    expected: `1 GiB of ${shared ? "shared " : ""}address space`,
    got: "a refusal",
    remedy: "close other pages or raise the memory limit",
  });
}

/**
 * Opens the WebAssembly device. If threads are not available and no number of them was asked for, it runs on one.
 * @throws DeviceError where threads that were asked for cannot be started, or WebAssembly cannot be had; LimitError
 */
export async function openWasm(options: WasmOptions = {}): Promise<WasmDevice> {
  const asked = options.threads;
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= 64)) {
    throw new LimitError({
      where: "open",
      expected: "threads from 1 to 64",
      got: typeof asked === "number" ? String(asked) : kindOf(asked),
      remedy: "leave threads out to use every processor",
    });
  }
  const given = options.module && variantOf(options.module);
  const most = given && !isShared(given) ? 1 : (globalThis.navigator?.hardwareConcurrency ?? processors());
  const threads = asked ?? Math.min(64, most);
  const fallbacks = [...(options.fallbacks ?? [])];
  if (threads === 1) return await create(1, options, fallbacks);
  try {
    return await create(threads, options, fallbacks);
  } catch (error) {
    if (asked !== undefined || error instanceof EngineError) throw error;
    const reason = (error as Error).message;
    options.onFallback?.(reason);
    return await create(1, options, [...fallbacks, reason]);
  }
}

async function create(threads: number, options: WasmOptions, fallbacks: readonly string[]): Promise<WasmDevice> {
  if (threads > 1 && !canShareMemory()) {
    throw new DeviceError({
      where: "wasm",
      expected: `memory that ${threads} threads share`,
      got: "a page that is not cross-origin isolated, or an engine without SharedArrayBuffer",
      remedy:
        "serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or " +
        "open with threads: 1",
    });
  }
  const simd = (options.relaxed ?? hasRelaxedSimd()) ? "relaxed" : "plain";
  const given = options.module && variantOf(options.module);
  if (given && threads > 1 && !isShared(given)) {
    throw new ValueError({
      where: "open",
      expected: `wasm: a module whose memory ${threads} threads can share`,
      got: `the module ${given}`,
      remedy: `pass ${given}Shared.wasm, or open with threads: 1`,
    });
  }
  const variant = given ?? `${simd}${threads > 1 ? "Shared" : ""}`;
  const module = options.module ?? (await compile(await wasmBytes(variant)));
  const memory = makeMemory(isShared(variant));
  const bindingBytes = Math.min(options.bindingBytes ?? Infinity, addressSpace);
  const info = { name: "WebAssembly SIMD", hardware: false, threads, variant, fallbacks };
  return await WasmDevice.create(module, memory, info, bindingBytes);
}

const isShared = (variant: string): boolean => variant.endsWith("Shared");

/**
 * Which build a module is, as it says in a section of its own.
 * @throws ValueError for what is no module of today's kernels: another version's take other arguments
 */
function variantOf(module: unknown): string {
  const isModule = module instanceof WebAssembly.Module;
  const section = isModule ? WebAssembly.Module.customSections(module, sectionName)[0] : undefined;
  const [variant, sources] = section ? new TextDecoder().decode(section).split(" ") : [];
  if (variant !== undefined && sources === commonSources) return variant;
  throw new ValueError({
    where: "open",
    expected: "wasm: a WebAssembly.Module of crf-rnn/wasm of this version",
    got: isModule ? (variant === undefined ? "another module" : "one of another version") : kindOf(module),
    remedy: "compile crf-rnn/wasm/plain.wasm of the installed package",
  });
}

/** Thrown where WebAssembly is not available at all, with threads or without. */
class EngineError extends DeviceError {}

/**
 * Matches the messages with which engines report that a Content-Security-Policy, or an embedder such as workerd,
 * forbids compiling.
 */
const forbidden = /content security policy|\bcsp\b|unsafe-eval|wasm-eval|disallowed by embedder/i;

async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const policy = forbidden.test(String(cause));
    throw new EngineError(
      {
        where: "wasm",
        expected: policy ? "permission to compile WebAssembly" : "WebAssembly with SIMD and threads",
        got: String(cause),
        remedy: policy
          ? "add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy, or pass a module that is compiled already: open({ wasm })"
          : "update the engine",
      },
      { cause },
    );
  }
}

const processors = (): number => globalThis.process?.getBuiltinModule?.("node:os").availableParallelism() ?? 1;

/** Runs kernels as WebAssembly SIMD, split over threads. Results do not depend on the number of threads. */
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

  /** Called by `openWasm` only. */
  static async create(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    info: DeviceInfo,
    bindingBytes: number,
  ): Promise<WasmDevice> {
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const device = new WasmDevice(memory, exports, info, bindingBytes);
    const { threads } = info;
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

  protected take(bytes: number): { storage: Storage; size: number } {
    return { storage: { handle: this.#memory, offset: this.#place(bytes), bytes }, size: bytes };
  }

  protected give({ offset, bytes }: Storage): number {
    this.#heap.release(offset, bytes);
    return bytes;
  }

  #place(bytes: number): number {
    const found = this.#heap.allocate(bytes);
    if (found !== undefined) return found;
    const pages = Math.ceil(this.#heap.shortfall(bytes) / pageBytes);
    // Memory grows by at least 16 MiB, because growing is a system call and, without threads, replaces the buffer.
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

  write(storage: Storage, data: Data): void {
    this.checkOpen();
    this.#bytes(storage).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** Copies the bytes before it returns its promise, so later changes of the memory do not show in the result. */
  async read(storage: Storage): Promise<ArrayBuffer> {
    this.#check();
    return new Uint8Array(this.#bytes(storage)).buffer;
  }

  copy(from: Storage, to: Storage): void {
    this.checkOpen();
    this.#bytes(to).set(this.#bytes(from));
  }

  clear(storage: Storage): void {
    this.checkOpen();
    this.#bytes(storage).fill(0);
  }

  protected owns({ handle }: Storage): boolean {
    return handle === this.#memory;
  }

  protected dispatch(
    { kernel, args }: Dispatch,
    storages: readonly Storage[],
    { begin, end }: Range,
    timed?: Timed,
  ): void {
    if (this.#failure) return;
    const values = [
      ...storages.map(({ offset }) => offset),
      ...kernel.params.map(({ name }) => args[name] as number),
      ...kernel.constants.map(({ argument }) => args[argument] as number),
    ];
    const call = kernel.twin ? this.#twin(kernel.twin, kernel, args) : this.#exports[kernel.id];
    if (!call) {
      throw new DeviceError({
        where: kernel.file,
        kernel: kernel.id,
        expected: "a kernel of the library, or one with a twin",
        got: "none of this name in the WebAssembly module",
        remedy: "define it with a twin in JavaScript, or open the WebGPU device",
      });
    }
    const started = timed && performance.now();
    try {
      const count = end - begin;
      if (kernel.twin || !this.#threads || (kernel.unit === "invocation" && count < smallestShared) || count === 1)
        call(...values, begin, end);
      else
        this.#threads.run(kernel.id, values, { begin, end, chunk: this.#chunk(kernel, count) }, (from, to) =>
          call(...values, from, to),
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
    if (started !== undefined) timed!(started, performance.now());
  }

  /** Wraps a kernel in JavaScript as a function that is called with a range. */
  #twin(twin: Twin, { bindings }: Kernel<object>, args: Dispatch["args"]): KernelFunction {
    const views = bindings.map(({ name, type }) => {
      const { offset, bytes } = args[name] as Storage;
      const View = /f32|vec\df/.test(type) ? Float32Array : Uint32Array;
      return [name, new View(this.#memory.buffer, offset, Math.floor(bytes / 4))] as const;
    });
    const memory = Object.fromEntries(views);
    return (...range) => twin(memory, args as Parameters<Twin>[1], range.at(-2)!, range.at(-1)!);
  }

  /**
   * Cuts a dispatch into pieces of a few milliseconds. The size of each follows from the time that the one before took.
   */
  protected override *pieces({ kernel, count }: Dispatch): Generator<Range, void, number> {
    // Sizes are multiples of the threads' chunk unit, so that pieces do not change which values share a register.
    const unit = kernel.unit === "workgroup" ? this.info.threads : chunkAlignment * this.info.threads;
    const whole = (size: number): number => Math.max(1, Math.ceil(size / unit)) * unit;
    let size = count <= smallestShared ? count : whole(count / firstPieces);
    for (let begin = 0; begin < count;) {
      const end = Math.min(begin + size, count);
      const milliseconds = yield { begin, end };
      begin = end;
      size = whole(size * Math.min(firstPieces, pieceMilliseconds / Math.max(milliseconds, 0.01)));
    }
  }

  #chunk<Arguments>(kernel: Kernel<Arguments>, count: number): number {
    const share = Math.ceil(count / (this.info.threads * 8));
    return kernel.unit === "workgroup" ? share : Math.ceil(share / chunkAlignment) * chunkAlignment;
  }

  async finish(): Promise<void> {
    this.#check();
  }

  /** @throws DisposedError; DeviceError for a kernel that failed since the last check, or for good if a thread is lost */
  #check(): void {
    this.checkOpen();
    const failure = this.#failure;
    if (!this.#threads?.lost) this.#failure = undefined;
    if (failure) throw failure;
  }

  #bytes({ offset, bytes }: Storage): Uint8Array {
    return new Uint8Array(this.#memory.buffer, offset, bytes);
  }

  protected wrap(): never {
    throw new DeviceError({
      where: "tensor",
      expected: "an array of numbers",
      got: "a GPUBuffer on the WASM device",
      remedy: "open the WebGPU device",
    });
  }

  protected unwrap(): never {
    return this.wrap();
  }

  protected buffer({ shape }: Tensor): never {
    throw new DeviceError({
      where: `export of tensor ${formatShape(shape)}`,
      expected: "a WebGPU device, whose memory other runtimes can use",
      got: "the WASM device",
      remedy: "read() the values",
    });
  }

  protected close(): void {
    this.#threads?.terminate();
  }
}
