import { type CrfRnnError, DeviceError } from "../errors.ts";
import { padded } from "../shape.ts";
import type { Timed } from "./base.ts";
import type { Data } from "./device.ts";
import { type Call, type Machine, pageBytes, type Places } from "./machine.ts";
import { Threads } from "./threads.ts";

type KernelFunction = (...args: number[]) => void;

/** Bytes of dense rows that go through scratch memory together, which has twice as many. */
const togetherBytes = 32768;

function makeMemory(shared: boolean): { readonly memory: WebAssembly.Memory; readonly maximum: number } {
  // `maximum` reserves address space. Small devices refuse to reserve all 4 GiB, so smaller maxima are tried after it.
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 64, maximum, shared }), maximum };
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

/** Runs kernels on the calling thread and on threads that share its memory. */
export class LocalMachine implements Machine {
  readonly handle: WebAssembly.Memory;
  readonly mostBytes: number;
  bytes: number;
  readonly #module: WebAssembly.Module;
  readonly #exports: Record<string, KernelFunction>;
  #threads: Threads | undefined;
  #scratch = 0;
  #failure: CrfRnnError | undefined;

  private constructor(
    module: WebAssembly.Module,
    { memory, maximum }: ReturnType<typeof makeMemory>,
    exports: WebAssembly.Exports,
  ) {
    this.handle = memory;
    this.mostBytes = maximum * pageBytes;
    this.bytes = memory.buffer.byteLength;
    this.#module = module;
    this.#exports = exports as Record<string, KernelFunction>;
  }

  /** @throws DeviceError if there is not enough address space */
  static async open(module: WebAssembly.Module, shared: boolean): Promise<LocalMachine> {
    const made = makeMemory(shared);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: made.memory } });
    return new LocalMachine(module, made, exports);
  }

  get heapBase(): number {
    return (this.#exports.heapBase as unknown as () => number)();
  }

  async start({ scratch, control, scratches, source }: Places): Promise<void> {
    this.#exports.setScratch!(scratch);
    this.#scratch = scratch;
    if (control === undefined) return;
    // The memory is new, so that the block of control is zero.
    const shared = { module: this.#module, memory: this.handle, control, kernels: Object.keys(this.#exports) };
    this.#threads = await Threads.start(source, shared, scratches);
  }

  grow(pages: number): void {
    this.handle.grow(pages);
    this.bytes = this.handle.buffer.byteLength;
  }

  write(offset: number, data: Data): void {
    this.#view(offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  read(offset: number, bytes: number): ArrayBuffer {
    this.finish();
    return new Uint8Array(this.#view(offset, bytes)).buffer;
  }

  moveRows(
    offset: number,
    bytes: number,
    { buffer, byteOffset }: Float32Array,
    channels: number,
    out: boolean,
  ): boolean {
    const denseBytes = channels * 4;
    const rowBytes = padded(channels) * 4;
    const together = Math.floor(togetherBytes / denseBytes);
    for (let row = 0; together && row * rowBytes < bytes; row += together) {
      const rows = Math.min(together, bytes / rowBytes - row);
      const at = offset + row * rowBytes;
      const dense = new Uint8Array(buffer, byteOffset + row * denseBytes, rows * denseBytes);
      const passing = this.#view(this.#scratch, dense.length);
      if (out) {
        this.#exports.trimRows!(at, this.#scratch, rows, channels);
        dense.set(passing);
      } else {
        passing.set(dense);
        this.#exports.padRows!(this.#scratch, at, rows, channels);
      }
    }
    return together > 0;
  }

  copy(from: number, to: number, bytes: number): void {
    this.#view(to, bytes).set(this.#view(from, bytes));
  }

  clear(offset: number, bytes: number): void {
    this.#view(offset, bytes).fill(0);
  }

  run({ kernel, file, values, begin, end, chunk, twin }: Call, timed?: Timed): void {
    if (this.#failure) return;
    const started = timed && performance.now();
    try {
      const call = (from: number, to: number): void =>
        twin ? twin(this.handle.buffer, from, to) : this.#exports[kernel]!(...values, from, to);
      if (chunk === 0 || !this.#threads) call(begin, end);
      else this.#threads.run(kernel, values, { begin, end, chunk }, call);
    } catch (cause) {
      const facts = { where: file, kernel, expected: "the kernel to finish", got: String(cause) };
      this.fail(cause instanceof DeviceError ? cause : new DeviceError(facts, { cause }));
    }
    if (started !== undefined) timed!(started, performance.now());
  }

  /** Kernels do nothing from now on until the failure was told. */
  fail(failure: CrfRnnError): void {
    this.#failure ??= failure;
  }

  finish(): void {
    const failure = this.#failure;
    // Where a thread was lost, memory may be half written, so that nothing runs here any more.
    if (!this.#threads?.lost) this.#failure = undefined;
    if (failure) throw failure;
  }

  caughtUp(): undefined {}

  close(): void {
    this.#threads?.terminate();
  }

  #view(offset: number, bytes: number): Uint8Array {
    return new Uint8Array(this.handle.buffer, offset, bytes);
  }
}
