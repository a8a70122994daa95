import { describe, expect, test } from "vitest";
import { blur } from "../../build/kernels.ts";
import { open } from "../../src/device/open.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { DeviceError, LimitError } from "../../src/errors.ts";

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
      device.run(blur, count, { neighbors, values, result, vertices: count - 1, quads: 1 });
      const error = await device.finish().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).kernel).toBe("blur");
      await device.finish();
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
  expect(() => device.tensor([1, 4], { size: 16 } as GPUBuffer)).toThrow(DeviceError);
});
