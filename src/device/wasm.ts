import { sectionName, commonSources } from "../../build/wasmSources.ts";
import { threadSource } from "../../build/thread.ts";
import { DeviceError, LimitError, ValueError } from "../errors.ts";
import type { Kernel, Twin } from "../kernel.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { BaseDevice, type Range, type Timed } from "./base.ts";
import { controlBytes } from "./control.ts";
import { kindOf } from "../values.ts";
import type { Data, DeviceInfo, DeviceLimits, Dispatch, Storage } from "./device.ts";
import { Heap } from "./heap.ts";
import { LocalMachine } from "./localMachine.ts";
import { type Call, type Machine, outOfMemory, pageBytes } from "./machine.ts";
import type { WorkerLike } from "./port.ts";
import { bytesOf, wasmBytes } from "./wasmBytes.ts";

/** 65535 pages. */
const addressSpace = 4_294_901_760;
/** Scratch memory of one thread, for the arrays that a WGSL kernel keeps in private memory. */
const scratchBytes = 65536;
/**
 * With fewer invocations a kernel runs on the calling thread, because waking workers costs more time (measured: 5 to 20 µs); but not
 * where an argument has so many bytes: a few invocations then have much to do, as where each goes through many rows.
 */
const smallestShared = 4096;
const smallestSharedBytes = 250_000;
/** Chunks begin at multiples of this number, so that the number of threads never changes which values share a SIMD register. */
const alignmentOf = ({ unit }: Kernel<object>): number => (unit === "workgroup" ? 1 : 64);

/**
 * How many invocations or workgroups of a dispatch a thread takes at a time: an eighth of an even share, so that a thread whose first
 * chunks are dear takes fewer. 0 where the calling thread runs the whole dispatch, as it does where it is the only one.
 */
export function chunkOf(kernel: Kernel<object>, count: number, storages: readonly Storage[], threads: number): number {
  const alignment = alignmentOf(kernel);
  const few = alignment > 1 && count < smallestShared;
  if (count === 1 || (few && storages.every(({ bytes }) => bytes < smallestSharedBytes))) return 0;
  return Math.ceil(count / (threads * 8 * alignment)) * alignment;
}

/** A piece of a long kernel is to take this many milliseconds, which is half of the 16 ms after which a turn is due. */
const pieceMilliseconds = 8;
/**
 * The first piece of a kernel is one part in this many of it, and no piece is more than this many times as large as the
 * one before.
 */
const firstPieces = 64;
/** Of so many dispatches the sizes of pieces are kept: a call of a layer has some twenty. */
const mostPieces = 1000;

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
  /** See `OpenOptions.worker`. */
  readonly worker?: boolean | WorkerLike;
  /** See `OpenOptions.bindingBytes`. */
  readonly bindingBytes?: number;
  /** The devices that `open` has already tried in vain, for `device.info.fallbacks`. */
  readonly fallbacks?: readonly string[];
  /** Called with the reason if threads are not available and no number of threads was asked for. */
  readonly onFallback?: (reason: string) => void;
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
  if (given?.startsWith("relaxed") && options.relaxed === false) {
    throw new ValueError({
      where: "open",
      expected: 'wasm: a module without relaxed SIMD beside simd: "plain"',
      got: `the module ${given}`,
      remedy: `pass ${given.replace("relaxed", "plain")}.wasm`,
    });
  }
  const variant = given ?? `${simd}${threads > 1 ? "Shared" : ""}`;
  const module = options.module ?? (await compile(await bytesOfVariant(variant)));
  const bindingBytes = Math.min(options.bindingBytes ?? Infinity, addressSpace);
  const { worker = false } = options;
  const info = { name: "WebAssembly SIMD", hardware: false, threads, worker: worker !== false, variant, fallbacks };
  const machine = await openMachine(worker, module, isShared(variant));
  return await WasmDevice.create(machine, module, info, bindingBytes);
}

/** Pages that ask for no worker do not load what it takes. */
async function openMachine(
  worker: boolean | WorkerLike,
  module: WebAssembly.Module,
  shared: boolean,
): Promise<Machine> {
  if (worker === false) return await LocalMachine.open(module, shared);
  const { RemoteMachine } = await import("./remote.ts");
  return await RemoteMachine.open(worker === true ? undefined : worker, module, shared);
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

/** @throws EngineError for a variant that was stale when build/ was made, and is not in it */
async function bytesOfVariant(variant: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await wasmBytes(variant);
  if (bytes.length > 0) return bytes;
  throw new EngineError({
    where: "wasm",
    expected: `the kernels compiled as ${variant}`,
    got: "a build without them, since their sources have changed",
    remedy: "npm run build",
  });
}

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
  readonly #machine: Machine;
  /** The names of what the module exports. */
  readonly #kernels: ReadonlySet<string>;
  readonly #heap: Heap;
  /** How large the next piece of a dispatch would have been, by its kernel and its size. */
  readonly #pieces = new Map<string, number>();

  private constructor(machine: Machine, module: WebAssembly.Module, info: DeviceInfo, bindingBytes: number) {
    super();
    this.limits = { bindingBytes, bufferBytes: addressSpace, alignment: 16, operations: Infinity };
    this.#machine = machine;
    this.#kernels = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    this.#heap = new Heap(machine.heapBase, machine.bytes);
    this.info = info;
  }

  /** Called by `openWasm` only. @throws DeviceError if a thread does not start; nothing is left then */
  static async create(
    machine: Machine,
    module: WebAssembly.Module,
    info: DeviceInfo,
    bindingBytes: number,
  ): Promise<WasmDevice> {
    const device = new WasmDevice(machine, module, info, bindingBytes);
    const place = (bytes: number): number => device.#place(bytes);
    const scratch = place(scratchBytes);
    const control = info.threads > 1 ? place(controlBytes) : undefined;
    const scratches = Array.from({ length: info.threads - 1 }, () => place(scratchBytes));
    try {
      await machine.start({ scratch, control, scratches, source: threadSource });
    } catch (error) {
      machine.close();
      throw error;
    }
    return device;
  }

  protected take(bytes: number): { storage: Storage; size: number } {
    return { storage: { handle: this.#machine.handle, offset: this.#place(bytes), bytes }, size: bytes };
  }

  protected give({ offset, bytes }: Storage): number {
    this.#heap.release(offset, bytes);
    return bytes;
  }

  protected get idleBytes(): number {
    return this.#machine.bytes - this.bytes;
  }

  #place(bytes: number): number {
    const found = this.#heap.allocate(bytes);
    if (found !== undefined) return found;
    const pages = Math.ceil(this.#heap.shortfall(bytes) / pageBytes);
    // Memory grows by at least 16 MiB, because growing is a system call and, without threads, replaces the buffer.
    for (const step of [Math.max(pages, 256), pages]) {
      try {
        this.#machine.grow(step);
      } catch {
        continue;
      }
      this.#heap.grow(this.#machine.bytes);
      return this.#heap.allocate(bytes)!;
    }
    throw outOfMemory(bytes, this.#machine.bytes);
  }

  write({ offset }: Storage, data: Data, own?: boolean): void {
    this.checkOpen();
    this.#machine.write(offset, data, own);
  }

  moveRows({ offset, bytes }: Storage, dense: Float32Array, channels: number, out?: boolean): boolean | undefined {
    this.checkOpen();
    return this.#machine.moveRows?.(offset, bytes, dense, channels, out);
  }

  /** The bytes are those of the time of the call: later changes of the memory do not show in the result. */
  async read({ offset, bytes }: Storage): Promise<ArrayBuffer> {
    this.checkOpen();
    return this.#settled(this.#machine.read(offset, bytes));
  }

  copy(from: Storage, to: Storage): void {
    this.checkOpen();
    this.#machine.copy(from.offset, to.offset, from.bytes);
  }

  clear({ offset, bytes }: Storage): void {
    this.checkOpen();
    this.#machine.clear(offset, bytes);
  }

  protected owns({ handle }: Storage): boolean {
    return handle === this.#machine.handle;
  }

  protected dispatch(
    { kernel, args }: Dispatch,
    storages: readonly Storage[],
    { begin, end }: Range,
    timed?: Timed,
  ): void {
    const values = storages.map(({ offset }) => offset);
    for (const { name } of kernel.params) values.push(args[name] as number);
    for (const { argument } of kernel.constants) values.push(args[argument] as number);
    const { id, file } = kernel;
    const twin = kernel.twin && twinOf(kernel.twin, kernel, args);
    if (!twin && !this.#kernels.has(id)) {
      throw new DeviceError({
        where: file,
        kernel: id,
        expected: "a kernel of the library, or one with a twin",
        got: "none of this name in the WebAssembly module",
        remedy: "define it with a twin in JavaScript, or open the WebGPU device",
      });
    }
    const chunk = twin ? 0 : chunkOf(kernel, end - begin, storages, this.info.threads);
    this.#machine.run({ kernel: id, file, values, begin, end, chunk, twin }, timed);
  }

  override runInTurns<Arguments extends object>(
    kernel: Kernel<Arguments>,
    args: Arguments,
    turn: () => Promise<void>,
  ): Promise<void> {
    return super.runInTurns(kernel, args, async () => {
      await this.#machine.caughtUp();
      await turn();
    });
  }

  /**
   * Cuts a dispatch into pieces of a few milliseconds. The size of each follows from the time that the one before took, of the same dispatch
   * or of the last one of the same kernel and size: so iterations are not cut where they need not be, which takes 3 % of their time on two
   * threads. A worker may take its time.
   */
  protected override *pieces(dispatch: Dispatch): Generator<Range, void, number> {
    if (this.info.worker) return yield* super.pieces(dispatch);
    const { kernel, count } = dispatch;
    // Sizes are multiples of the threads' chunk unit, so that pieces do not change which values share a register.
    const unit = this.info.threads * alignmentOf(kernel);
    const whole = (size: number): number => Math.ceil(size / unit) * unit;
    const what = `${kernel.id} ${count}`;
    let size = count <= smallestShared ? count : (this.#pieces.get(what) ?? whole(count / firstPieces));
    for (let begin = 0; begin < count;) {
      const end = Math.min(begin + size, count);
      const milliseconds = yield { begin, end };
      // What the last of several had left says little.
      if (end < count || begin === 0) {
        size = whole((end - begin) * Math.min(firstPieces, pieceMilliseconds / Math.max(milliseconds, 0.01)));
      }
      begin = end;
    }
    if (this.#pieces.size > mostPieces) this.#pieces.clear();
    this.#pieces.set(what, size);
  }

  async finish(): Promise<void> {
    this.checkOpen();
    await this.#settled(this.#machine.finish());
  }

  /** @throws DisposedError if the device was disposed of meanwhile */
  async #settled<Result>(result: Result | Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      this.checkOpen();
      throw error;
    }
  }

  protected wrap(where: string): never {
    throw new DeviceError({
      where,
      expected: "an array of numbers",
      got: "a GPUBuffer on the WASM device",
      remedy: "open the WebGPU device",
    });
  }

  protected unwrap(): never {
    return this.wrap("tensor");
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
    this.#machine.close();
  }
}

/** Wraps a kernel in JavaScript as a function that is called with the memory and a range. */
function twinOf(twin: Twin, { bindings }: Kernel<object>, args: Dispatch["args"]): Call["twin"] {
  return (memory, begin, end) => {
    const views = bindings.map(({ name, type }) => {
      const { offset, bytes } = args[name] as Storage;
      const View = /f32|vec\df/.test(type) ? Float32Array : Uint32Array;
      return [name, new View(memory, offset, Math.floor(bytes / 4))] as const;
    });
    twin(Object.fromEntries(views), args as Parameters<Twin>[1], begin, end);
  };
}
