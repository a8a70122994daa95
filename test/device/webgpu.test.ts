import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blur, fill } from "../../build/kernels.ts";
import type { Device } from "../../src/device/device.ts";
import { crfRnn } from "../../src/crf/crfRnn.ts";
import { BufferUsage, MapMode, ShaderStage, TextureUsage } from "../../src/device/flags.ts";
import { open } from "../../src/device/open.ts";
import { DeviceError, LimitError, ShaderError } from "../../src/errors.ts";
import type { Kernel } from "../../src/kernel.ts";
import { filter } from "../../src/lattice/filter.ts";
import { buildLattice } from "../../src/lattice/lattice.ts";
import { formsFor } from "../../src/nn/forms.ts";
import { kernelForms } from "../../src/nn/tune.ts";
import { random } from "../suite.ts";
import { openWebGpu, requestGpu } from "./software.ts";

const usage = { storage: 0x80, copySource: 0x04, copyDestination: 0x08 };
const all = usage.storage | usage.copySource | usage.copyDestination;

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => `gave ${value}`,
    (error) => error,
  );

describe("a device of the caller's own", () => {
  let gpu: GPUDevice;
  let device: Device;
  beforeAll(async () => {
    gpu = await requestGpu();
    device = await open({ gpu });
  });

  test("is worked on", () => {
    expect(device.kind).toBe("webgpu");
    expect(device.info.hardware).toBe(false);
  });

  test("lends its buffers without a copy, in both directions", async () => {
    const buffer = gpu.createBuffer({ size: 64, usage: all });
    gpu.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0));
    const tensor = device.tensor([2, 3], buffer);
    expect(tensor.storage.handle).toBe(buffer);
    expect([...(await tensor.read())]).toEqual([1, 2, 3, 4, 5, 6]);
    device.run(fill, { values: tensor.storage, count: 8, value: 0x3f800000 });
    expect([...(await tensor.read())]).toEqual([1, 1, 1, 1, 1, 1]);
    // The buffer stays the caller's.
    tensor.dispose();
    gpu.queue.writeBuffer(buffer, 0, Float32Array.of(7));
    using again = device.tensor([1, 1], buffer);
    expect([...(await again.read())]).toEqual([7]);
    buffer.destroy();
  });

  test("has its too small or wrongly made buffers refused", () => {
    const small = gpu.createBuffer({ size: 16, usage: all });
    const readOnly = gpu.createBuffer({ size: 64, usage: usage.storage | usage.copyDestination });
    for (const buffer of [small, readOnly]) expect(() => device.tensor([2, 3], buffer)).toThrow(DeviceError);
  });

  test("survives the disposal of ours", async () => {
    device.dispose();
    const other = await open({ gpu });
    using tensor = other.tensor([1, 2], [1, 2]);
    expect([...(await tensor.read())]).toEqual([1, 2]);
    device = other;
  });

  test("that is lost is a DeviceError at every await from then on", async () => {
    const tensor = device.tensor([1, 4]);
    gpu.destroy();
    await gpu.lost;
    for (const work of [() => tensor.read(), () => device.finish()]) {
      const error = await failure(work());
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).message).toMatch(/lost \(destroyed\).*open\(\)/);
    }
  });
});

describe("errors", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openWebGpu();
  });
  afterAll(() => device.dispose());

  test("a kernel that does not compile is a ShaderError with file and line, each time it is used", async () => {
    const lines = blur.code.split("\n");
    const line = lines.findIndex((text) => text.includes("result[index] ="));
    lines[line] = "  result[index] = nothing;";
    const broken = { ...blur, id: "broken", code: lines.join("\n") } as Kernel<object>;
    const storage = device.allocate(256);
    const args = { neighbors: storage, values: storage, result: device.allocate(256), vertices: 1, quads: 1 };
    for (let round = 0; round < 2; round++) {
      device.run(broken, args);
      const error = (await failure(device.finish())) as ShaderError;
      expect(error).toBeInstanceOf(ShaderError);
      expect(error).toMatchObject({ kernel: "broken", file: "kernels/lattice/blur.wgsl", line: line + 1 });
      expect(error.message).toContain("nothing");
    }
    using tensor = device.tensor([1, 2], [1, 2]);
    await failure(device.finish());
    expect([...(await tensor.read())]).toEqual([1, 2]);
    // A device beside it on the same GPUDevice takes no part in the failure, and has its own.
    using beside = await open({ gpu: device.gpu });
    const own = beside.allocate(256);
    beside.run(broken, { neighbors: own, values: own, result: beside.allocate(256), vertices: 1, quads: 1 });
    expect(await failure(beside.finish())).toBeInstanceOf(ShaderError);
  });

  test("commands that WebGPU refuses are a DeviceError that names the kernel", async () => {
    const both = device.allocate(256);
    device.run(blur, { neighbors: device.allocate(256), values: both, result: both, vertices: 1, quads: 1 });
    const error = (await failure(device.finish())) as DeviceError;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.kernel).toBe("blur");
    await device.finish();
  });

  test("a buffer beyond the adapter's largest is a LimitError", () => {
    expect(() => device.allocate(device.limits.bufferBytes + 4096)).toThrow(LimitError);
  });

  test("memory that runs out is a DeviceError at the next await", async () => {
    const gpu = await requestGpu();
    using own = await open({ gpu });
    // A software adapter has the whole machine's memory: the driver's answer is put in its place.
    class GPUOutOfMemoryError extends Error {}
    const pop = gpu.popErrorScope.bind(gpu);
    let scopes = 0;
    gpu.popErrorScope = async () => (await pop(), scopes++ === 0 ? new GPUOutOfMemoryError("no memory") : null);
    own.allocate(1024);
    const error = (await failure(own.finish())) as DeviceError;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toMatch(/1024 bytes: expected memory .*got no memory.*dispose tensors/);
    await own.finish();
    gpu.destroy();
  });
});

test("a kernel is compiled once for each set of constants, and bears its name where browsers show it", async () => {
  const gpu = await requestGpu();
  const made: [string, string | undefined][] = [];
  for (const method of ["createBindGroupLayout", "createShaderModule", "createComputePipelineAsync"] as const) {
    const create = gpu[method].bind(gpu) as (descriptor: GPUObjectDescriptorBase) => never;
    gpu[method] = (descriptor: GPUObjectDescriptorBase) => {
      made.push([method, descriptor.label]);
      return create(descriptor);
    };
  }
  using device = await open({ gpu });
  const values = device.allocate(64);
  for (let round = 0; round < 3; round++) device.run(fill, { values, count: 16, value: 7 });
  await device.finish();
  expect(made).toEqual([
    ["createBindGroupLayout", "fill"],
    ["createShaderModule", "kernels/shared/fill.wgsl"],
    ["createComputePipelineAsync", "fill"],
  ]);
  gpu.destroy();
});

test("flags have the values that WebGPU gives them", async () => {
  const { globals } = await import("webgpu");
  const { GPUBufferUsage: usages, GPUTextureUsage: textures } = globals as never as typeof globalThis;
  const { GPUMapMode: modes, GPUShaderStage: stages } = globals as never as typeof globalThis;
  expect(BufferUsage).toEqual({
    mapRead: usages.MAP_READ,
    copySource: usages.COPY_SRC,
    copyDestination: usages.COPY_DST,
    uniform: usages.UNIFORM,
    storage: usages.STORAGE,
    queryResolve: usages.QUERY_RESOLVE,
  });
  expect(TextureUsage).toEqual({
    copySource: textures.COPY_SRC,
    copyDestination: textures.COPY_DST,
    renderAttachment: textures.RENDER_ATTACHMENT,
  });
  expect([MapMode.read, ShaderStage.compute]).toEqual([modes.READ, stages.COMPUTE]);
});

test("two hundred filters make no buffer that the first did not, but those to read from", async () => {
  const gpu = await requestGpu();
  const made: (string | undefined)[] = [];
  const create = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    made.push(descriptor.label);
    return create(descriptor);
  };
  using device = await open({ gpu });
  using features = device.tensor([200, 2], random(1).array(400, -3, 3));
  using values = device.tensor([200, 5], random(2).array(1000));
  let first = 0;
  for (let round = 0; round < 200; round++) {
    using lattice = await buildLattice(features);
    filter(values, lattice, { normalization: "after" }).dispose();
    await device.finish();
    if (round === 0) first = made.length;
  }
  expect(first).toBeGreaterThan(10);
  expect(made.slice(first).filter((label) => label !== "read")).toEqual([]);
  gpu.destroy();
});

test("the software adapter runs every form of a kernel, so that all are compared somewhere", async () => {
  using device = await openWebGpu();
  const { hardware, subgroupSize } = device.info;
  // lavapipe's subgroups are as wide as the processor's vectors: 256 bits on x86, 128 on ARM.
  if (!hardware) expect(subgroupSize).toBe(process.arch === "x64" ? 8 : 4);
  for (const forms of kernelForms) {
    const others = forms.others.filter((form) => [undefined, subgroupSize].includes(form.subgroupSize));
    expect(formsFor(device, forms)).toEqual([forms.usual, ...others]);
  }
});

test("a software adapter is taken only when WebGPU is asked for by name", async () => {
  using named = await openWebGpu();
  expect(named.kind).toBe("webgpu");
  using automatic = await open();
  expect(automatic.kind).toBe(named.info.hardware ? "webgpu" : "wasm");
});

test("all that an inference runs begins to be compiled before it waits for the first time", async () => {
  const gpu = await requestGpu();
  using device = await open({ gpu });
  const begun: string[] = [];
  const compile = gpu.createComputePipelineAsync.bind(gpu);
  gpu.createComputePipelineAsync = (descriptor) => {
    begun.push(descriptor.label!);
    return compile(descriptor);
  };
  const at: number[] = [];
  const read = device.read.bind(device);
  device.read = (storage) => {
    at.push(begun.length);
    return read(storage);
  };
  using crf = crfRnn(device, { classes: 5, iterations: 2 });
  using unary = device.tensor([9, 8, 5], random(1).array(360, -2, 2));
  // As smooth as a photograph: of noise the first table would be too small, and a larger one takes kernels of its own.
  const colors = Array.from({ length: 216 }, (_, i) => 100 + 20 * Math.sin(Math.floor(i / 3) / 9));
  using guide = device.tensor([9, 8, 3], colors);
  using result = await crf(unary, guide);
  await result.read();
  expect(at.length).toBeGreaterThan(1);
  expect(begun.length).toBeGreaterThan(20);
  expect(begun.slice(at[0])).toEqual([]);
});
