import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { type Device, type Exported, view } from "../../src/device/device.ts";
import { BufferUsage, MapMode } from "../../src/device/flags.ts";
import { open } from "../../src/device/open.ts";
import { openWasm } from "../../src/device/wasm.ts";
import { DeviceError, DisposedError, InternalError } from "../../src/errors.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { filter } from "../../src/lattice/filter.ts";
import { add } from "../../src/nn/add.ts";
import { relu } from "../../src/nn/relu.ts";
import { Tape } from "../../src/tape.ts";
import { random } from "../suite.ts";
import { openWebGpu, requestGpu } from "./software.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const devices: readonly (readonly [name: string, open: () => Promise<Device>])[] = [
  ["WASM", () => open({ prefer: "wasm", threads: 1 })],
  ["WASM in a worker", () => open({ prefer: "wasm", threads: 1, worker: true })],
  ["WebGPU", () => openWebGpu()],
];

/** Collects until nothing but `bytes` is in use: finalizers run in tasks of their own. */
async function collectUntil(device: Device, bytes: number): Promise<void> {
  await vi.waitFor(
    () => {
      collect();
      expect(device.bytes).toBe(bytes);
    },
    { timeout: 60_000, interval: 20 },
  );
}

describe.each(devices)("on %s", (_, openDevice) => {
  test("memory is released once, and only as it was allocated", async () => {
    using device = await openDevice();
    const storage = device.allocate(256);
    device.release(storage);
    expect(() => device.release(storage)).toThrow(InternalError);
    const other = device.allocate(256);
    expect(() => device.release(storage)).toThrow(InternalError);
    expect(() => device.release({ ...other })).toThrow(InternalError);
    device.release(other);
    expect(device.bytes).toBe(0);
  });

  test("what nobody disposed of and nobody can reach comes back: tensors, labels, lattices, tapes", async () => {
    using device = await openDevice();
    using kept = device.tensor([64, 4], random(1).array(256));
    const before = device.bytes;
    await (async () => {
      for (let round = 0; round < 10; round++) {
        const features = device.tensor([64, 2], random(2).array(128));
        const lattice = await buildLattice(features);
        device.labels([4, 4], new Uint8Array(16));
        const x = device.tensor([64, 4], random(3).array(256));
        new Tape([x]);
        relu(filter(relu(x), lattice, { normalization: "after" }));
        relu(kept).detached();
      }
    })();
    expect(device.bytes).toBeGreaterThan(before);
    await collectUntil(device, before);
    expect([...(await kept.read())]).toEqual([...random(1).array(256)]);
  });

  test("whoever has the storage of a tensor or of labels, or a view of it, keeps it from being collected", async () => {
    using device = await openDevice();
    const values = random(4).array(4096);
    const storage = (() => device.tensor([1024, 4], values).storage)();
    const part = (() => view(device.tensor([1024, 4], values).storage, 256, 256))();
    const labels = (() => device.labels([4, 4], new Uint8Array(16).fill(3)).storage)();
    const { bytes } = device;
    for (let round = 0; round < 5; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(device.bytes).toBe(bytes);
    expect(new Float32Array(await device.read(storage))).toEqual(values);
    expect(new Uint8Array(await device.read(labels))).toEqual(new Uint8Array(16).fill(3));
    expect(new Float32Array(await device.read(part))).toEqual(values.subarray(64, 128));
  });
});

describe("a tensor that is handed out", () => {
  test("keeps its memory until it is given back, whatever becomes of the tensor", async () => {
    using device = await openWebGpu();
    const values = random(5).array(12);
    const tensor = device.tensor([4, 3], values);
    const before = device.bytes;
    using exported: Exported = device.export(tensor);
    expect(exported).toMatchObject({ shape: [4, 3], stride: 4, buffer: tensor.storage.handle });
    tensor.dispose();
    // The pool has no buffer of this size to hand out again.
    const others = Array.from({ length: 20 }, () => device.tensor([4, 3], new Float32Array(12).fill(7)));
    expect(others.some(({ storage }) => storage.handle === exported.buffer)).toBe(false);
    using seen = device.tensor([4, 3], exported.buffer);
    expect(await seen.read()).toEqual(values);
    for (const other of others) other.dispose();
    exported.release();
    exported.release();
    expect(device.bytes).toBe(0);
    expect(before).toBeGreaterThan(0);
  });

  test("is not collected while another runtime has it", async () => {
    using device = await openWebGpu();
    const { buffer } = (() => device.export(device.tensor([256, 4], random(6).array(1024))))();
    for (let round = 0; round < 5; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(device.bytes).toBeGreaterThanOrEqual(4096);
    using seen = device.tensor([256, 4], buffer);
    expect(await seen.read()).toEqual(random(6).array(1024));
  });

  test("has what was computed before it was handed out, though nobody waited", async () => {
    const gpu = await requestGpu();
    using device = await open({ gpu });
    using a = device.tensor([8, 4], new Float32Array(32).fill(2));
    using exported = device.export(add(a, a));
    // Another runtime reads by a submission of its own.
    const staging = gpu.createBuffer({ size: 128, usage: BufferUsage.mapRead | BufferUsage.copyDestination });
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(exported.buffer, 0, staging, 0, 128);
    gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(MapMode.read);
    expect([...new Float32Array(staging.getMappedRange())]).toEqual(new Array(32).fill(4));
    staging.destroy();
  });

  test("is refused on WASM, and once disposed of", async () => {
    using wasm = await openWasm({ threads: 1 });
    using tensor = wasm.tensor([1, 4]);
    expect(() => wasm.export(tensor)).toThrow(DeviceError);
    using device = await openWebGpu();
    const gone = device.tensor([1, 4]);
    gone.dispose();
    expect(() => device.export(gone)).toThrow(DisposedError);
  });
});

describe("a wrapped buffer", () => {
  const usage = 0x80 | 0x04 | 0x08;

  test("is released when the GPU is done with what was queued, and may be destroyed then", async () => {
    const gpu = await requestGpu();
    using device = await open({ gpu });
    const buffer = gpu.createBuffer({ size: 64, usage });
    gpu.queue.writeBuffer(buffer, 0, new Float32Array(16).fill(3));
    const release = vi.fn(() => buffer.destroy());
    const tensor = device.tensor([4, 4], { buffer, release });
    using sum = add(tensor, tensor);
    tensor.dispose();
    expect(release).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(1), 30_000);
    tensor.dispose();
    expect([...(await sum.read())]).toEqual(new Array(16).fill(6));
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("stays while a tape or an alias holds it, and is released when the device goes first", async () => {
    const gpu = await requestGpu();
    const device = await open({ gpu });
    const release = vi.fn();
    const buffer = gpu.createBuffer({ size: 64, usage });
    const tensor = device.tensor([4, 4], { buffer, release });
    using other = tensor.detached();
    tensor.dispose();
    await device.finish();
    expect(release).not.toHaveBeenCalled();
    expect([...(await other.read())]).toEqual(new Array(16).fill(0));
    device.dispose();
    other.dispose();
    await vi.waitFor(() => expect(release).toHaveBeenCalledTimes(1), 30_000);
  });
});

test("two tensors of the same memory never meet after wrong use: the device is whole", async () => {
  for (const [, openDevice] of devices) {
    using device = await openDevice();
    const guide = device.tensor([8, 8, 3]);
    guide.dispose();
    expect(() => guide.detached()).toThrow(DisposedError);
    expect(() => guide.hold()).toThrow(DisposedError);
    const [a, b] = [1, 2].map((value) => device.tensor([8, 8, 3], new Float32Array(192).fill(value)));
    expect((await a!.read())[0]).toBe(1);
    expect((await b!.read())[0]).toBe(2);
    for (const tensor of [a, b]) tensor!.dispose();
    expect(device.bytes).toBe(0);
  }
});
