import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findGpu } from "../../src/device/gpu.ts";
import { open } from "../../src/device/open.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { WebGpuDevice } from "../../src/device/webgpu.ts";
import { DeviceError, ValueError } from "../../src/errors.ts";
import { relu } from "../../src/nn/relu.ts";
import { commonSources, sectionName } from "../../build/wasmSources.ts";
import { root } from "../hosts/folders.ts";
import { requestGpu } from "./software.ts";

const threads = process.getBuiltinModule("node:worker_threads");
const { Worker } = threads;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  threads.Worker = Worker;
});

const hardware = { vendor: "acme", architecture: "one", device: "", description: "Acme One" } as GPUAdapterInfo;

/** A `navigator.gpu` with one adapter, whose requestDevice does what is given. */
function standIn(adapter: Partial<GPUAdapter> | null): void {
  const whole = adapter && { features: new Set(), limits: {}, ...adapter };
  vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => whole }, hardwareConcurrency: 2 });
}

const refusing = { info: hardware, requestDevice: () => Promise.reject(new DOMException("no", "OperationError")) };

/** What `auto` passes over, heard and told alike. */
async function passedOver(): Promise<{ variant: string; threads: number; fallbacks: readonly string[] }> {
  const heard: string[] = [];
  using device = await open({ onFallback: (reason) => heard.push(reason) });
  expect(device.kind).toBe("wasm");
  expect(device.info.fallbacks).toEqual(heard);
  return device.info;
}

describe("auto passes over WebGPU and says why", () => {
  test("where there is none", async () => {
    vi.stubGlobal("navigator", { gpu: undefined, hardwareConcurrency: 2 });
    vi.stubGlobal("process", { ...process, versions: {}, getBuiltinModule: process.getBuiltinModule });
    const { fallbacks, threads } = await passedOver();
    expect(fallbacks).toHaveLength(1);
    expect(fallbacks[0]).toContain("no WebGPU in this host — use a host with WebGPU, or");
    expect(threads).toBe(2);
  });

  test("where Node lacks the package webgpu", async () => {
    // Once it has been found it is there for good, so the first look sees a host that is not Node.
    let looks = 0;
    const versions = { get node() { return looks++ === 0 ? undefined : "20.0.0"; } }; // prettier-ignore
    vi.stubGlobal("navigator", { gpu: undefined, hardwareConcurrency: 2 });
    vi.stubGlobal("process", { ...process, versions, getBuiltinModule: process.getBuiltinModule });
    expect((await passedOver()).fallbacks[0]).toContain("no WebGPU in this host — npm install webgpu, or");
  });

  test("where there is no adapter, or asking for one fails", async () => {
    standIn(null);
    expect((await passedOver()).fallbacks[0]).toContain("no adapter");
    vi.stubGlobal("navigator", {
      gpu: { requestAdapter: () => Promise.reject(new Error("x")) },
      hardwareConcurrency: 2,
    });
    expect((await passedOver()).fallbacks[0]).toContain("no adapter");
  });

  test("where the adapter computes on the processor", async () => {
    standIn({ info: { ...hardware, description: "llvmpipe (LLVM 19)" } });
    expect((await passedOver()).fallbacks[0]).toContain("llvmpipe (LLVM 19), which computes on the processor");
  });

  test("where the adapter refuses a device", async () => {
    standIn(refusing);
    expect((await passedOver()).fallbacks[0]).toMatch(/a device of the adapter Acme One.*OperationError: no/);
    standIn({ ...refusing, info: undefined });
    expect((await passedOver()).fallbacks[0]).toMatch(/expected a device of the adapter, got OperationError: no/);
  });
});

describe("auto passes over threads and says why", () => {
  test("where memory cannot be shared", async () => {
    standIn(null);
    vi.stubGlobal("crossOriginIsolated", false);
    const { fallbacks, threads, variant } = await passedOver();
    expect([threads, variant.endsWith("Shared")]).toEqual([1, false]);
    expect(fallbacks[1]).toMatch(/not cross-origin isolated.*Cross-Origin-Opener-Policy/);
  });

  test("where workers are forbidden, throw or end", async () => {
    standIn(null);
    const forbidden = [
      () => {
        throw new DOMException("refused by policy", "SecurityError");
      },
      () => ({
        on: (event: string, tell: (error: Error) => void) =>
          event === "error" && setTimeout(tell, 0, new Error("ended")),
        off() {},
        postMessage() {},
        terminate() {},
      }),
    ];
    for (const make of forbidden) {
      threads.Worker = make as unknown as typeof Worker;
      // Called with `new`, which an arrow function does not take.
      threads.Worker = function () {
        return make();
      } as unknown as typeof Worker;
      const info = await passedOver();
      expect(info.threads).toBe(1);
      expect(info.fallbacks[1]).toMatch(
        /1 worker threads, got (SecurityError: refused by policy|ended).*worker-src blob:/,
      );
    }
  });

  test("but not where they were asked for by number", async () => {
    vi.stubGlobal("crossOriginIsolated", false);
    await expect(open({ prefer: "wasm", threads: 2 })).rejects.toThrow(/memory that 2 threads share/);
    using one = await open({ prefer: "wasm", threads: 1 });
    expect(one.info.fallbacks).toEqual([]);
  });
});

test("no worker is left where one of several does not start", async () => {
  const ended: number[] = [];
  let made = 0;
  threads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      if (++made === 2) throw new Error("no more");
      super(...args);
      this.once("exit", () => ended.push(made));
    }
  };
  await expect(openWasm({ threads: 4 })).rejects.toThrow(/3 worker threads, got Error: no more/);
  await vi.waitFor(() => expect(ended).toHaveLength(2), 30_000);
});

describe("what was asked for by name and cannot be had is an error", () => {
  test("a WebGPU device that is refused", async () => {
    standIn(refusing);
    await expect(open({ prefer: "webgpu" })).rejects.toThrow(DeviceError);
    await expect(open({ prefer: "webgpu" })).rejects.toThrow(/OperationError/);
    standIn(null);
    await expect(open({ prefer: "webgpu" })).rejects.toThrow(/a WebGPU adapter, got no adapter/);
  });

  test.each([
    "WebAssembly.compile(): Refused to compile or instantiate WebAssembly module because neither 'wasm-eval' nor 'unsafe-eval' is an allowed source of script in the following Content Security Policy directive",
    "call to WebAssembly.compile() blocked by CSP",
    "WebAssembly.compile(): Wasm code generation disallowed by embedder",
  ])("WebAssembly under a policy: %s", async (message) => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError(message));
    for (const prefer of ["auto", "wasm"] as const) {
      standIn(null);
      const error = await open({ prefer }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).message).toContain("'wasm-unsafe-eval' to script-src");
    }
  });

  test("WebAssembly of an old engine", async () => {
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("invalid opcode 0xfd"));
    await expect(open({ prefer: "wasm" })).rejects.toThrow(/invalid opcode 0xfd — update the engine/);
  });
});

describe("what a caller wants of WebAssembly gets there", () => {
  test("plain instructions, without a question to the engine, and bytes of a binding", async () => {
    const asked = vi.spyOn(WebAssembly, "validate");
    for (const [simd, times] of [
      ["plain", 0],
      ["auto", 1],
    ] as const) {
      using device = await open({ prefer: "wasm", threads: 1, simd, bindingBytes: 1024 });
      expect(asked, simd).toHaveBeenCalledTimes(times);
      expect(device.limits.bindingBytes).toBe(1024);
    }
  });

  test("warnings, which a device hears of where a call does not", async () => {
    const heard: string[] = [];
    using device = await open({ prefer: "wasm", threads: 1, onWarning: ({ code }) => heard.push(code) });
    device.warnings.listener({}, ["one-class"])!.tell("one-class", { where: "test", expected: "this", got: "that" });
    expect(heard).toEqual(["one-class"]);
    await expect(open({ prefer: "wasm", threads: 1, onWarning: "console" as never })).rejects.toThrow(
      /open: expected onWarning: a function, got the string "console"/,
    );
  });

  test("and not beside a GPU", async () => {
    const gpu = { createShaderModule() {} } as unknown as GPUDevice;
    await expect(open({ gpu, simd: "plain" })).rejects.toThrow(/expected simd: "plain" for WebAssembly alone/);
  });

  test.each([
    ["yes", 'the string "yes"'],
    [1, `the number "1"`],
    [null, "null"],
    [{}, "a plain object"],
  ])("a worker, if it is one: %j is not", async (worker, got) => {
    const error = await open({ prefer: "wasm", threads: 1, worker: worker as never }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ValueError);
    expect((error as ValueError).message).toContain(`a worker of crf-rnn/worker, got ${got}`);
  });
});

describe("a module that is compiled already", () => {
  const moduleOf = async (name: string): Promise<WebAssembly.Module> =>
    WebAssembly.compile(await readFile(`${root}build/wasm/${name}.wasm`));

  test.each([
    ["plain", 1],
    ["plainShared", 2],
  ] as const)("%s serves where compiling is forbidden", async (name, threads) => {
    standIn(null);
    const wasm = await moduleOf(name);
    for (const forbidden of ["compile", "instantiateStreaming", "compileStreaming"] as const) {
      vi.spyOn(WebAssembly, forbidden).mockRejectedValue(new WebAssembly.CompileError("code generation disallowed"));
    }
    using device = await open({ wasm });
    expect(device.info).toMatchObject({ variant: name, threads });
    expect(device.info.fallbacks).toEqual([expect.stringContaining("no adapter")]);
    using values = device.tensor(
      [5000, 4],
      Float32Array.from({ length: 20_000 }, (_, i) => (i % 2 ? i : -i)),
    );
    using result = relu(values);
    expect([...(await result.read())].slice(-2)).toEqual([0, 19_999]);
  });

  test("has threads only if its memory is shared", async () => {
    const wasm = await moduleOf("plain");
    await expect(open({ prefer: "wasm", wasm, threads: 2 })).rejects.toThrow(
      /2 threads can share, got the module plain/,
    );
    using one = await open({ prefer: "wasm", wasm: await moduleOf("plainShared"), threads: 1 });
    expect(one.info).toMatchObject({ variant: "plainShared", threads: 1 });
  });

  test("is without relaxed SIMD where the plain instructions are asked for", async () => {
    using plain = await open({ prefer: "wasm", wasm: await moduleOf("plain"), threads: 1, simd: "plain" });
    expect(plain.info.variant).toBe("plain");
    // An engine without relaxed SIMD compiles none of the kernels' modules that have it: this one says so and has no kernel.
    const text = (words: string): number[] => [words.length, ...new TextEncoder().encode(words)];
    const section = [...text(sectionName), ...new TextEncoder().encode(`relaxed ${commonSources}`)];
    const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, section.length, ...section);
    const wasm = await WebAssembly.compile(bytes);
    const refused = open({ prefer: "wasm", wasm, threads: 1, simd: "plain" });
    await expect(refused).rejects.toThrow(/got the module relaxed — pass plain\.wasm/);
  });

  test("must be one of this version's", async () => {
    const bytes = await readFile(`${root}build/wasm/plain.wasm`);
    // The last bytes say of which sources it is.
    const other = await WebAssembly.compile(bytes.fill("0", bytes.length - 16));
    const empty = await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    for (const [wasm, got] of [
      [other, "one of another version"],
      [empty, "another module"],
      [bytes, "compile crf-rnn/wasm/plain.wasm"],
    ] as const) {
      const error = await open({ prefer: "wasm", wasm: wasm }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ValueError);
      expect((error as ValueError).message).toContain(got);
    }
  });
});

/** A GPUDevice without `adapterInfo`, as Safari 26.0's. */
async function requestQuietGpu(): Promise<GPUDevice> {
  return new Proxy(await requestGpu(), {
    get: (target, name) => {
      if (name === "adapterInfo") return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

test("a GPUDevice that does not tell its adapter works", async () => {
  const quiet = await requestQuietGpu();
  using own = await open({ gpu: quiet });
  expect(own.info).toMatchObject({ name: "unnamed adapter", hardware: true, variant: "webgpu", fallbacks: [] });
  using tensor = own.tensor([1, 3], [1, 2, 3]);
  expect([...(await tensor.read())]).toEqual([1, 2, 3]);
  // Where the adapter itself tells, that is what counts.
  standIn({ info: hardware, requestDevice: async () => quiet });
  using told = await open();
  expect(told.info).toMatchObject({ name: "Acme One", hardware: true, variant: "one" });
  const fallbacks = ["another was tried"];
  const made = new WebGpuDevice(quiet, { owned: false, adapter: hardware, fallbacks });
  expect(made.info).toMatchObject({ name: "Acme One", fallbacks });
  made.dispose();
});

test("a device of an adapter is destroyed with ours, one of the caller's is not; both keep to the bytes that are asked for", async () => {
  for (const owned of [true, false]) {
    const gpu = await requestGpu();
    const destroy = vi.fn(gpu.destroy.bind(gpu));
    gpu.destroy = destroy;
    standIn({ info: hardware, requestDevice: async () => gpu });
    const device = owned ? await open({ bindingBytes: 1024 }) : await open({ gpu, bindingBytes: 1024 });
    expect(device.limits.bindingBytes).toBe(1024);
    device.dispose();
    expect(destroy).toHaveBeenCalledTimes(Number(owned));
    gpu.destroy();
  }
});

test("Node's entry point to WebGPU is made once", async () => {
  await requestGpu();
  expect(await findGpu()).toBe(await findGpu());
});
