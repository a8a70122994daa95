import type { WorkerOptions } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { blur } from "../../build/kernels.ts";
import { open } from "../../src/device/open.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { DeviceError, LimitError } from "../../src/errors.ts";
import { relu } from "../../src/nn/relu.ts";

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
      expect((again as DeviceError).message).toMatch(/relu.*a worker thread has died.*open\(\) again/);
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
