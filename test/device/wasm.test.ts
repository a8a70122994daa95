import { availableParallelism } from "node:os";
import type { WorkerOptions } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { blur, relu as reluKernel, scanBlocks } from "../../build/kernels.ts";
import { patches } from "../../build/wasm.ts";
import { defineKernel } from "../../src/defineKernel.ts";
import { Word } from "../../src/device/control.ts";
import { open } from "../../src/device/open.ts";
import { canShareMemory, hasRelaxedSimd, openWasm } from "../../src/device/wasm.ts";
import type { Patch } from "../../src/device/wasmBytes.ts";
import { DeviceError, LimitError } from "../../src/errors.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { relu } from "../../src/nn/relu.ts";
import { random } from "../suite.ts";

describe("threads", () => {
  test("are as many as asked for, and one takes the build without shared memory", async () => {
    for (const threads of [1, 2, 5]) {
      using device = await open({ prefer: "wasm", threads });
      expect(device.info.threads).toBe(threads);
      expect(device.info.variant.endsWith("Shared")).toBe(threads > 1);
    }
  });

  test("a trap in any of them is a DeviceError that names the kernel, once", async () => {
    for (const threads of [1, 3]) {
      using device = await openWasm({ threads });
      // Indices far beyond the memory: the kernel traps.
      const count = 1_000_000;
      const neighbors = device.allocate(count * 8);
      device.write(neighbors, new Uint32Array(count * 2).fill(0xffffff0));
      const [values, result] = [device.allocate(64), device.allocate(64)];
      device.run(blur, { neighbors, values, result, vertices: count - 1, quads: 1 });
      const error = await device.finish().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).kernel).toBe("blur");
      await device.finish();
    }
  });
});

test("kernels that the build left out, since their sources have changed, are missed by name", async () => {
  using usual = await openWasm({ threads: 2 });
  const { variant } = usual.info;
  const carried = patches as Record<string, Patch>;
  const patch = carried[variant]!;
  Reflect.deleteProperty(carried, variant);
  try {
    const says = `^wasm: expected the kernels compiled as ${variant}, got a build without them.*npm run build$`;
    await expect(openWasm({ threads: 2 })).rejects.toThrow(new RegExp(says));
    // Nor does it fall back to one thread in silence.
    vi.stubGlobal("navigator", { hardwareConcurrency: 2 });
    await expect(openWasm()).rejects.toThrow(new RegExp(says));
  } finally {
    vi.unstubAllGlobals();
    carried[variant] = patch;
  }
});

test("threads end with their device", async () => {
  const threads = process.getBuiltinModule("node:worker_threads");
  const { Worker } = threads;
  let ended = 0;
  threads.Worker = class extends Worker {
    override terminate(): Promise<number> {
      ended++;
      return super.terminate();
    }
  };
  const device = await openWasm({ threads: 3 });
  threads.Worker = Worker;
  expect(ended).toBe(0);
  device.dispose();
  expect(ended).toBe(2);
});

describe("a worker that dies", () => {
  const threads = process.getBuiltinModule("node:worker_threads");
  const { Worker } = threads;
  afterEach(() => {
    threads.Worker = Worker;
  });

  /** Workers whose source begins with `first`. */
  function prefixed(first: string): void {
    threads.Worker = class extends Worker {
      constructor(source: string, options: WorkerOptions) {
        super(`${first}\n${source}`, options);
      }
    };
  }

  test("inside a kernel is a DeviceError in seconds, for good", async () => {
    // The last thing that a worker does in a job: it exits there, and never says that it is out.
    prefixed("Atomics.sub = () => process.exit();");
    using device = await openWasm({ threads: 3 });
    using values = device.tensor([100_000, 4]);
    // A worker that wakes late finds the job done and is not in it, so that it may take several.
    const run = async (): Promise<unknown> => {
      relu(values).dispose();
      return device.finish().then(
        () => undefined,
        (reason: unknown) => reason,
      );
    };
    let error: unknown;
    while (error === undefined) error = await run();
    for (const again of [error, await run(), await values.read().catch((reason: unknown) => reason)]) {
      expect(again).toBeInstanceOf(DeviceError);
      expect((again as DeviceError).message).toMatch(
        /^relu: expected the worker threads to finish their shares.*a worker thread has died — call open\(\) again/,
      );
    }
  });
});

test("more than WebAssembly can address is a LimitError, and what is there stays usable", async () => {
  using device = await openWasm({ threads: 1 });
  using tensor = device.tensor([1, 4], [1, 2, 3, 4]);
  expect(() => device.allocate(2 ** 32)).toThrow(LimitError);
  expect(() => device.tensor([2 ** 20, 2 ** 12])).toThrow(LimitError);
  expect([...(await tensor.read())]).toEqual([1, 2, 3, 4]);
});

test("a GPUBuffer is refused", async () => {
  using device = await openWasm({ threads: 1 });
  expect(() => device.tensor([1, 4], { size: 16, usage: 0, mapState: "unmapped" } as GPUBuffer)).toThrow(DeviceError);
});

/** A kernel in JavaScript that notes its ranges. */
function notingKernel(unit: "invocation" | "workgroup", ranges: number[][]) {
  return defineKernel({
    id: "noting",
    code: "@compute @workgroup_size(64) fn main() {}",
    bindings: [
      { name: "numbers", access: "write", type: "array<vec4f>" },
      { name: "words", access: "write", type: "array<u32>" },
    ],
    params: [{ name: "count", type: "u32" }],
    unit,
    count: ({ count }) => count,
    twin: ({ numbers, words }, { count }, begin, end) => {
      ranges.push([begin, end]);
      numbers![0] = 2.5;
      words![0] = numbers!.length * 1000 + words!.length * 100 + count!;
    },
  });
}

test("a kernel in JavaScript has views of its arguments, as they are declared", async () => {
  using device = await openWasm({ threads: 1 });
  const [numbers, words] = [device.allocate(32), device.allocate(13)];
  const ranges: number[][] = [];
  device.run(notingKernel("invocation", ranges), { numbers, words, count: 7 });
  expect(ranges).toEqual([[0, 7]]);
  expect(new Float32Array(await device.read(numbers))[0]).toBe(2.5);
  expect(new Uint32Array((await device.read(words)).slice(0, 4))[0]).toBe(8 * 1000 + 3 * 100 + 7);
});

describe("in turns", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** The pieces of a kernel, which take so many milliseconds one after the other, and 0 in the end. */
  async function pieces(threads: number, unit: "invocation" | "workgroup", count: number, ...milliseconds: number[]) {
    using device = await openWasm({ threads });
    const [numbers, words] = [device.allocate(16), device.allocate(16)];
    const ranges: number[][] = [];
    const times = milliseconds.flatMap((time) => [0, time]);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => times.shift() ?? 0);
    let turns = 0;
    await device.runInTurns(notingKernel(unit, ranges), { numbers, words, count }, async () => void turns++);
    clock.mockRestore();
    expect(turns).toBe(ranges.length);
    expect(ranges[0]![0]).toBe(0);
    for (const [i, [begin]] of ranges.slice(1).entries()) expect(begin).toBe(ranges[i]![1]);
    return ranges.map(([, end]) => end);
  }

  test("a kernel begins with a small part, and goes on in pieces of 8 ms of whole registers", async () => {
    expect(await pieces(1, "invocation", 4096)).toEqual([4096]);
    // 4097 / 64 is a little more than one unit of 64; then at most 64 times as much.
    expect(await pieces(1, "invocation", 4097)).toEqual([128, 4097]);
    expect(await pieces(1, "invocation", 100_000, 1, 16, 3)).toEqual([1600, 14_400, 20_800, 37_888, 100_000]);
    expect(await pieces(1, "invocation", 1_000_000, 0.02)).toEqual([15_680, 1_000_000]);
    // However long a piece took, the next has a unit at least.
    expect(await pieces(1, "invocation", 20_000, 8e6)).toEqual([320, 384, 4480, 20_000]);
  });

  test("every thread has a unit of each piece, which is a workgroup where these work together", async () => {
    expect(await pieces(2, "invocation", 4097)).toEqual([128, 4097]);
    expect(await pieces(2, "invocation", 10_000, 8)).toEqual([256, 512, 10_000]);
    expect(await pieces(1, "workgroup", 4097, 8, 8)).toEqual([65, 130, 195, 4097]);
    expect(await pieces(2, "workgroup", 4097, 8)).toEqual([66, 132, 4097]);
  });
});

test("the time of a kernel in turns is that of its pieces, from the first on, and is told once", async () => {
  using device = await openWasm({ threads: 1 });
  const [numbers, words] = [device.allocate(16), device.allocate(16)];
  const ranges: number[][] = [];
  const told: number[][] = [];
  using _observation = device.observe({ timed: (_, begin, end) => told.push([begin, end]) });
  // Before a piece, when its kernel begins and ends, and after it.
  const times = [[0, 1, 3, 0.1325], [10, 11, 16, 14], [20, 21, 24, 25]].flat(); // prettier-ignore
  vi.spyOn(performance, "now").mockImplementation(() => times.shift()!);
  await device.runInTurns(notingKernel("invocation", ranges), { numbers, words, count: 8000 }, async () => {});
  vi.restoreAllMocks();
  // The second piece ends as far from the end as it begins from the beginning.
  expect(ranges).toEqual([[0, 128], [128, 7872], [7872, 8000]]); // prettier-ignore
  expect(told).toEqual([[1, 1 + 2 + 5 + 3]]);
});

test("a piece is as large as the time of the one before asks for, whenever that was", async () => {
  using device = await openWasm({ threads: 1 });
  const [numbers, words] = [device.allocate(16), device.allocate(16)];
  const ranges: number[][] = [];
  const times = [1000, 1004, 2000, 2000];
  vi.spyOn(performance, "now").mockImplementation(() => times.shift() ?? 3000);
  await device.runInTurns(notingKernel("invocation", ranges), { numbers, words, count: 20_000 }, async () => {});
  vi.restoreAllMocks();
  expect(ranges).toEqual([[0, 320], [320, 960], [960, 20_000]]); // prettier-ignore
});

test("a dispatch is cut as the one before would have gone on, if its kernel and its size were the same", async () => {
  using device = await openWasm({ threads: 1 });
  const [numbers, words] = [device.allocate(16), device.allocate(16)];
  const ranges: number[][] = [];
  const kernel = notingKernel("invocation", ranges);
  const run = async (count: number, ...milliseconds: number[]): Promise<number[]> => {
    ranges.length = 0;
    const times = milliseconds.flatMap((time) => [0, time]);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => times.shift() ?? 0);
    await device.runInTurns(kernel, { numbers, words, count }, async () => {});
    clock.mockRestore();
    return ranges.map(([, end]) => end!);
  };
  expect(await run(20_000, 0.1)).toEqual([320, 20_000]);
  // The last piece of 19,680 took no time, so that the whole is one.
  expect(await run(20_000, 80)).toEqual([20_000]);
  // It took 80 ms, so that a tenth of it takes 8.
  expect(await run(20_000, 8, 0)).toEqual([2048, 4096, 20_000]);
  expect(await run(30_000, 0.1)).toEqual([512, 30_000]);
});

test("threads share what is worth waking them, in chunks of which each has several", async () => {
  using device = await openWasm({ threads: 2 });
  const [values, result] = [device.allocate(2 ** 20), device.allocate(2 ** 20)];
  const notify = vi.spyOn(Atomics, "notify");
  /** The chunk of the job that a dispatch was handed to workers as, if it was. */
  const chunkOf = (work: () => void): number | undefined => {
    notify.mockClear();
    work();
    const call = notify.mock.calls.find(([, word]) => word === Word.epoch);
    return call && (call[0] as unknown as Int32Array)[Word.chunk];
  };
  const invocations = (count: number) => chunkOf(() => device.run(reluKernel, { values, result, count }));
  // With so much memory a few invocations may have as much to do as many.
  expect([1, 63, 4095, 4096, 4097, 20_000].map(invocations)).toEqual([undefined, 64, 256, 256, 320, 1280]);
  const few = { values: device.allocate(249_984), result: device.allocate(249_984) };
  const invocationsOfFew = (count: number) => chunkOf(() => device.run(reluKernel, { ...few, count }));
  expect([1, 63, 4095, 4096, 4097, 15_000].map(invocationsOfFew)).toEqual([
    undefined,
    undefined,
    undefined,
    256,
    320,
    960,
  ]);
  const blocks = (count: number) =>
    chunkOf(() => device.run(scanBlocks, { values, totals: result, count: 2048 * count }));
  expect([1, 2, 16, 17].map(blocks)).toEqual([undefined, 1, 1, 2]);
  await device.finish();
  using alone = await openWasm({ threads: 1 });
  const [own, other] = [alone.allocate(2 ** 20), alone.allocate(2 ** 20)];
  expect(chunkOf(() => alone.run(reluKernel, { values: own, result: other, count: 20_000 }))).toBeUndefined();
  notify.mockRestore();
});

test("a piece in turns is shared as a kernel of its own size, from where it begins", async () => {
  using device = await openWasm({ threads: 2 });
  const [values, result] = [device.allocate(249_984), device.allocate(249_984)];
  const jobs: (number | undefined)[][] = [];
  const { store } = Atomics;
  vi.spyOn(Atomics, "store").mockImplementation(((words: Int32Array, word: number, value: number) => {
    // No worker has begun yet.
    if (word === Word.open && value === 1) jobs.push([words[Word.next], words[Word.count], words[Word.chunk]]);
    return store(words, word, value);
  }) as never);
  vi.spyOn(performance, "now").mockReturnValue(0);
  await device.runInTurns(reluKernel, { values, result, count: 15_000 }, async () => {});
  vi.restoreAllMocks();
  // The first piece is too small to be shared; the second is 64 times as large, or what is left.
  expect(jobs).toEqual([[256, 15_000, 15 * 64]]);
});

test("kernels keep their private arrays out of the memory of the module's constants", async () => {
  using device = await openWasm({ threads: 1 });
  const features = device.tensor([200, 5], random(1).array(1000));
  const memory = features.storage.handle as WebAssembly.Memory;
  const constants = (): Uint8Array => new Uint8Array(memory.buffer).slice(0, 1024);
  const before = constants();
  using _lattice = await buildLattice(features);
  expect(constants()).toEqual(before);
});

test("memory that is released is handed out again", async () => {
  using device = await openWasm({ threads: 1 });
  const first = device.allocate(1000);
  device.release(first);
  expect(device.allocate(1000).offset).toBe(first.offset);
});

test("memory grows by 16 MiB or by what is missing, the smaller where the engine refuses the larger", async () => {
  using device = await openWasm({ threads: 1 });
  const megabyte = 2 ** 20;
  const memory = device.allocate(64).handle as WebAssembly.Memory;
  const size = (): number => memory.buffer.byteLength / megabyte;
  const before = size();
  device.allocate(before * megabyte);
  expect(size()).toBe(before + 16);
  const large = device.allocate(40 * megabyte);
  expect(large.offset + large.bytes).toBeLessThanOrEqual(memory.buffer.byteLength);
  expect(size()).toBeGreaterThan(before + 40);
  expect(size()).toBeLessThan(before + 16 + 41);
  const grow = memory.grow.bind(memory);
  const steps: number[] = [];
  memory.grow = (pages) => {
    steps.push(pages);
    if (pages >= 256) throw new RangeError("too much");
    return grow(pages);
  };
  const whole = size();
  const rest = device.allocate(8 * megabyte);
  expect(steps[0]).toBe(256);
  expect(steps[1]! * 65536).toBeGreaterThan(0);
  expect(size()).toBe(whole + (steps[1]! * 65536) / megabyte);
  expect(rest.offset + rest.bytes).toBeLessThanOrEqual(memory.buffer.byteLength);
  const error = await Promise.resolve()
    .then(() => device.allocate(100 * megabyte))
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LimitError);
  expect((error as Error).message).toBe(
    `wasm: expected memory within WebAssembly's 4 GiB, got ${100 * megabyte} bytes more than ${memory.buffer.byteLength} — dispose tensors that are no longer needed, or use a smaller image or fewer channels`,
  );
});

describe("what an engine gives", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("is told: name, limits, and no more than is asked for", async () => {
    using device = await openWasm({ threads: 1 });
    expect(device.info).toMatchObject({ name: "WebAssembly SIMD", hardware: false, threads: 1, fallbacks: [] });
    const largest = 2 ** 32 - 65536;
    expect(device.limits).toEqual({ bindingBytes: largest, bufferBytes: largest, alignment: 16, operations: Infinity });
    using small = await openWasm({ threads: 1, bindingBytes: 4096, fallbacks: ["another"] });
    expect(small.limits.bindingBytes).toBe(4096);
    expect(small.info.fallbacks).toEqual(["another"]);
    using large = await openWasm({ threads: 1, bindingBytes: 2 ** 40 });
    expect(large.limits.bindingBytes).toBe(largest);
  });

  test("is as much address space as it has, down to 1 GiB", async () => {
    const { Memory } = WebAssembly;
    const asked: WebAssembly.MemoryDescriptor[] = [];
    let most = 0;
    vi.spyOn(WebAssembly, "Memory").mockImplementation(function (descriptor: WebAssembly.MemoryDescriptor) {
      asked.push(descriptor);
      if (descriptor.maximum! > most) throw new RangeError("could not allocate memory");
      return new Memory(descriptor);
    });
    for (most of [65536, 40_000, 16384]) {
      asked.length = 0;
      using device = await openWasm({ threads: 1 });
      expect(device.info.threads).toBe(1);
      const tried = [65536, 32768, 16384].slice(0, { 65536: 1, 40000: 2, 16384: 3 }[most]);
      expect(asked).toEqual(tried.map((maximum) => ({ initial: 64, maximum, shared: false })));
    }
    most = 10_000;
    await expect(openWasm({ threads: 1 })).rejects.toThrow(
      "wasm: expected 1 GiB of address space, got a refusal — close other pages or raise the memory limit",
    );
    await expect(openWasm({ threads: 2 })).rejects.toThrow("expected 1 GiB of shared address space");
    // One thread is the last that is tried, and is tried once.
    vi.stubGlobal("navigator", { hardwareConcurrency: 1 });
    asked.length = 0;
    const heard: string[] = [];
    await expect(openWasm({ onFallback: (reason) => heard.push(reason) })).rejects.toThrow(DeviceError);
    expect([asked.length, heard]).toEqual([3, []]);
  });

  test("is as many threads as processors, 64 at most, or one where nobody says how many", async () => {
    vi.stubGlobal("navigator", undefined);
    using device = await openWasm();
    expect(device.info.threads).toBe(Math.min(64, availableParallelism()));
    vi.stubGlobal("process", undefined);
    using alone = await openWasm();
    expect(alone.info).toMatchObject({ threads: 1, fallbacks: [] });
    vi.unstubAllGlobals();
    vi.stubGlobal("crossOriginIsolated", false);
    for (const [processors, threads] of [
      [100, 64],
      [3, 3],
    ]) {
      vi.stubGlobal("navigator", { hardwareConcurrency: processors });
      using one = await openWasm();
      expect(one.info.fallbacks[0]).toContain(`expected memory that ${threads} threads share`);
    }
    for (const threads of [65, 1.5, 0, -1]) {
      await expect(openWasm({ threads })).rejects.toThrow(`threads from 1 to 64, got ${threads} — leave threads out`);
    }
    await expect(openWasm({ threads: 64 })).rejects.toThrow("memory that 64 threads share");
  });

  test("is shared memory, unless a page is not isolated or the engine has none", () => {
    expect(canShareMemory()).toBe(true);
    for (const [isolated, can] of [
      [true, true],
      [undefined, true],
      [false, false],
    ] as const) {
      vi.stubGlobal("crossOriginIsolated", isolated);
      expect(canShareMemory()).toBe(can);
    }
    vi.unstubAllGlobals();
    vi.stubGlobal("SharedArrayBuffer", undefined);
    expect(canShareMemory()).toBe(false);
  });

  test("is relaxed SIMD from V8 of Node 22 on, unless it is declined", async () => {
    const newer = Number(process.versions.node.split(".")[0]) >= 22;
    expect(hasRelaxedSimd()).toBe(newer);
    using usual = await openWasm({ threads: 1 });
    expect(usual.info.variant).toBe(newer ? "relaxed" : "plain");
    using plain = await openWasm({ threads: 1, relaxed: false });
    expect(plain.info.variant).toBe("plain");
    vi.spyOn(WebAssembly, "validate").mockReturnValue(true);
    using declined = await openWasm({ threads: 1, relaxed: false });
    expect(declined.info.variant).toBe("plain");
    for (const options of [{}, { relaxed: true }]) {
      const relaxed = openWasm({ threads: 1, ...options }).then(
        (device) => device.info.variant,
        (error: DeviceError) => error,
      );
      if (newer) expect(await relaxed).toBe("relaxed");
      else expect(await relaxed).toMatchObject({ cause: expect.any(WebAssembly.CompileError) as unknown });
    }
  });

  test("is no engine at all: then one thread is not tried after many", async () => {
    const compile = vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("no SIMD"));
    vi.stubGlobal("navigator", { hardwareConcurrency: 2 });
    const heard: string[] = [];
    await expect(openWasm({ onFallback: (reason) => heard.push(reason) })).rejects.toThrow(/update the engine/);
    expect(compile).toHaveBeenCalledTimes(1);
    expect(heard).toEqual([]);
  });
});

test("what is read is a copy of the moment, and what one kernel broke is told once", async () => {
  using device = await openWasm({ threads: 1 });
  const storage = device.allocate(8);
  device.write(storage, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const pending = device.read({ ...storage, offset: storage.offset + 2, bytes: 3 });
  device.clear(storage);
  expect([...new Uint8Array(await pending)]).toEqual([3, 4, 5]);
  expect([...new Uint8Array(await device.read(storage))]).toEqual(new Array(8).fill(0));
  const cause = new RangeError("broken");
  const ranges: number[][] = [];
  const working = notingKernel("invocation", ranges);
  const breaking: typeof working = {
    ...working,
    id: "breaking",
    twin: () => {
      throw cause;
    },
  };
  const args = { numbers: device.allocate(16), words: device.allocate(16), count: 1 };
  device.run(breaking, args);
  device.run(working, args);
  expect(ranges).toEqual([]);
  const error = await device.finish().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ where: breaking.file, kernel: "breaking", cause });
  expect((error as Error).message).toContain("expected the kernel to finish, got RangeError: broken");
  await device.finish();
  device.run(working, args);
  expect(ranges).toEqual([[0, 1]]);
  const { twin: _, ...untwinned } = working;
  expect(() => device.run(untwinned, args)).toThrow(
    "expected a kernel of the library, or one with a twin, got none of this name in the WebAssembly module — define it with a twin in JavaScript, or open the WebGPU device",
  );
});
