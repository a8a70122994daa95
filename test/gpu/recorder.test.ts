import { describe, expect, test } from "vitest";
import { adapterModels } from "../../bench/gpu/adapters.ts";
import { observeLoads, type PlannedDispatch } from "../../bench/gpu/loads.ts";
import { limitSets } from "../../bench/gpu/record.ts";
import { Recorder } from "../../bench/gpu/recorder.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { panels } from "../../src/layout.ts";
import { conv2d } from "../../src/nn/conv2d.ts";
import { relu } from "../../src/nn/relu.ts";

const openRecorded = async (): Promise<{ recorder: Recorder; device: Device }> => {
  const recorder = new Recorder(adapterModels[0]!, limitSets.large);
  return { recorder, device: await open({ gpu: recorder.gpu, warnings: false }) };
};

describe("a GPUDevice that records", () => {
  test("is what its adapter is: hardware of that name, with the limits that it was given", async () => {
    const { device } = await openRecorded();
    expect(device.kind).toBe("webgpu");
    expect(device.info).toMatchObject({ hardware: true, name: "NVIDIA H100 80GB HBM3", variant: "hopper" });
    expect(device.limits).toMatchObject({ bindingBytes: 2 ** 31 - 4, bufferBytes: 2 ** 32 - 4, alignment: 256 });
  });

  test("counts what a ReLU that is read back asks for", async () => {
    const { recorder, device } = await openRecorded();
    const values = device.tensor([4, 4, 4], new Float32Array(64));
    await device.finish();
    recorder.reset();
    const result = relu(values);
    expect(await result.read()).toEqual(new Float32Array(64));
    expect(recorder.tally).toEqual({
      submissions: 1,
      // Of the result, and of what it is read through.
      buffers: 2,
      madeBytes: 512,
      bindGroups: 1,
      pipelines: 1,
      passes: 1,
      // The parameters: one dispatch's block of 256 bytes.
      writes: 1,
      writtenBytes: 256,
      copies: 1,
      roundTrips: 1,
    });
    recorder.reset();
    result.dispose();
    // The pool has a buffer for it, and a bind group is there.
    relu(values);
    await device.finish();
    expect(recorder.tally).toMatchObject({ submissions: 1, buffers: 0, bindGroups: 0, pipelines: 0, roundTrips: 1 });
  });

  test("counts the bytes of buffers that are alive, until they are destroyed", async () => {
    const { recorder, device } = await openRecorded();
    await device.finish();
    recorder.reset();
    const before = recorder.peakBytes;
    const buffers = [1000, 2000].map((size) => device.gpu!.createBuffer({ size, usage: 0 }));
    expect(recorder.peakBytes).toBe(before + 3000);
    buffers[1]!.destroy();
    buffers[1]!.destroy();
    recorder.reset();
    expect(recorder.peakBytes).toBe(before + 1000);
  });

  test("maps, and lets a caller fill, buffers of any use", async () => {
    const { recorder, device } = await openRecorded();
    const buffer = device.gpu!.createBuffer({ size: 64, usage: 0, mappedAtCreation: true });
    expect(buffer.mapState).toBe("mapped");
    expect(buffer.getMappedRange(16).byteLength).toBe(48);
    buffer.unmap();
    expect(buffer.mapState).toBe("unmapped");
    recorder.reset();
    await buffer.mapAsync(1);
    expect(recorder.tally.roundTrips).toBe(1);
  });
});

test("a convolution of four pixels is told as its arguments have it", async () => {
  const { device } = await openRecorded();
  const dispatches: PlannedDispatch[] = [];
  const values = device.tensor([2, 2, 4]);
  const weights = device.tensor([8, 4, 1, 1], undefined, panels);
  using _observation = observeLoads(device, dispatches);
  conv2d(values, weights).dispose();
  expect(dispatches).toEqual([
    {
      id: "convolution",
      kernel: "nn/convolution",
      form: "registers",
      // A block of 64 invocations of 4 pixels by a panel.
      workgroups: 1,
      workgroupSize: 64,
      // Four pixels, four channels, eight outputs, a multiply-add each.
      operations: 4 * 4 * 8 * 2,
      padding: 1,
      // 16 values, 32 weights, 32 results.
      bytes: 4 * (16 + 32 + 32),
      chain: { iterations: 1, wait: "term" },
    },
  ]);
});
