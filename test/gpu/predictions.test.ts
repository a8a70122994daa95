import { expect, test } from "vitest";
import { benchFacts } from "../../bench/facts.ts";
import { adapterModels, modelOf } from "../../bench/gpu/adapters.ts";
import { observeLoads, type PlannedDispatch } from "../../bench/gpu/loads.ts";
import { hostTime, predict } from "../../bench/gpu/model.ts";
import { modelOfDevice, predictRun } from "../../bench/gpu/predictions.ts";
import { limitSets } from "../../bench/gpu/record.ts";
import { Recorder } from "../../bench/gpu/recorder.ts";
import { runBench } from "../../bench/run.ts";
import { makeScene } from "../../bench/scene.ts";
import { describeFacts } from "../../bench/table.ts";
import { open } from "../../src/device/open.ts";
import { relu } from "../../src/nn/relu.ts";

const h100 = modelOf("NVIDIA H100")!;

test("bench prints what the model predicts beside what is measured, on a GPU that the model knows", async () => {
  using device = await open({ gpu: new Recorder(h100, limitSets.large).gpu, warnings: false });
  // Every lattice has fifty vertices.
  const read = device.read.bind(device);
  device.read = async (storage) => (storage.bytes === 16 ? Uint32Array.of(0, 0, 0, 50).buffer : await read(storage));
  const scene = makeScene(undefined, { height: 24, width: 32 });
  const result = await runBench(scene, { device, only: "^(shared/add|filter spatial 3)$", seconds: 0.001 });
  // 24 by 32 points of 6 quads: a few microseconds of starting, and little else.
  const bytes = 24 * 32 * 6 * 48;
  const expected = (h100.dispatchMicroseconds + Math.max(bytes / (h100.cacheGigabytes * 0.85e3), 0.2)) / 1e3;
  expect(result.kernels[0]!.predicted).toBeCloseTo(expected, 6);
  expect(result.composites[0]!.predicted).toBeGreaterThan(expected);
  expect(describeFacts(benchFacts(result, scene, "here"))).toMatch(/kernel .*model ms[^]*whole .*model ms/);
});

test("nothing is predicted on WebAssembly, on software adapters and on GPUs without a model", async () => {
  using wasm = await open({ prefer: "wasm", threads: 1 });
  expect(modelOfDevice(wasm)).toBeUndefined();
  const info = { ...h100.info, description: "llvmpipe (H100)" };
  using software = await open({ gpu: new Recorder({ ...h100, info }, limitSets.large).gpu });
  expect(modelOfDevice(software)).toBeUndefined();
  const scene = makeScene(undefined, { height: 8, width: 8 });
  const result = await runBench(scene, { device: wasm, only: "^shared/add$", seconds: 0.001 });
  expect(result.kernels[0]).not.toHaveProperty("predicted");
  expect(describeFacts(benchFacts(result, scene, "here"))).not.toContain("model ms");
});

test("a run is predicted as the sum of its dispatches, or as the processor's time where that is longer", async () => {
  const [slowHost, fastHost] = [1000, 0].map((hostMicroseconds) => ({ ...adapterModels[0]!, hostMicroseconds }));
  using device = await open({ gpu: new Recorder(h100, limitSets.large).gpu, warnings: false });
  const values = device.tensor([64, 64, 4]);
  const run = async (): Promise<void> => {
    for (let time = 0; time < 100; time++) relu(values).dispose();
    await device.finish();
  };
  const dispatches: PlannedDispatch[] = [];
  {
    using _observation = observeLoads(device, dispatches);
    await run();
  }
  const gpu = 100 * predict(fastHost!, dispatches[0]!).milliseconds;
  expect(await predictRun(fastHost!, device, run)).toBeCloseTo(gpu, 9);
  expect(await predictRun(slowHost!, device, run)).toBe(hostTime(slowHost!, 100, 1));
});
