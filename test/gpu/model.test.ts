import { describe, expect, test } from "vitest";
import { type AdapterModel, adapterModels, modelOf } from "../../bench/gpu/adapters.ts";
import { judge } from "../../bench/gpu/judge.ts";
import type { PlannedDispatch } from "../../bench/gpu/loads.ts";
import { hostTime, type Load, predict } from "../../bench/gpu/model.ts";

/** Round numbers: 1 TFLOP/s, 100 GB/s behind a cache of 1 MB with 1000 GB/s, ten units of 128 invocations. */
const adapter: AdapterModel = {
  ...adapterModels[0]!,
  teraflops: 1,
  gigabytes: 100,
  cacheGigabytes: 1000,
  cacheBytes: 1e6,
  units: 10,
  unitInvocations: 128,
  shares: {
    product: { registers: 0.25, tiled: 0.5 },
    convolution: { registers: 0.2, tiled: 0.4 },
    other: 0.1,
  },
  latencies: { chunk: 500, term: 100, gather: 300, load: 200 },
  dispatchMicroseconds: 10,
  hostMicroseconds: 40,
  roundTripMicroseconds: 100,
};

const load: Load = {
  kernel: "nn/product",
  form: "tiled",
  workgroups: 1000,
  workgroupSize: 64,
  operations: 1e9,
  padding: 1,
  bytes: 1e5,
  chain: { iterations: 8, wait: "chunk" },
};

/** Beside the 10 µs that a dispatch takes to start. */
const millisecondsOf = (changed: Partial<Load>): number =>
  predict(adapter, { ...load, ...changed }).milliseconds - 0.01;

describe("the model of time", () => {
  test("a full GPU computes at its form's share of the peak", () => {
    expect(millisecondsOf({})).toBeCloseTo(2, 9);
    expect(millisecondsOf({ form: "registers" })).toBeCloseTo(4, 9);
    expect(millisecondsOf({ kernel: "nn/convolution" })).toBeCloseTo(2.5, 9);
    expect(millisecondsOf({ kernel: "lattice/blur", form: undefined })).toBeCloseTo(10, 9);
    expect(predict(adapter, load).bound).toBe("arithmetic");
  });

  test("a form that the model does not know is taken for the usual one", () => {
    expect(millisecondsOf({ form: "unheard of" })).toBeCloseTo(4, 9);
  });

  test("with half the invocations that keep it busy, and with half of each tile empty, it takes twice as long", () => {
    expect(millisecondsOf({ workgroups: 20 })).toBeCloseTo(2, 9);
    expect(millisecondsOf({ workgroups: 10 })).toBeCloseTo(4, 9);
    expect(millisecondsOf({ padding: 2 })).toBeCloseTo(4, 9);
  });

  test("bytes come from memory, or from the last cache where they fit into half of it", () => {
    const bytes = { operations: 0, chain: { iterations: 1, wait: "load" } } as const;
    expect(millisecondsOf({ ...bytes, bytes: 85e6 })).toBeCloseTo(1, 9);
    expect(millisecondsOf({ ...bytes, bytes: 425e3 })).toBeCloseTo(0.0005, 9);
    expect(predict(adapter, { ...load, ...bytes, bytes: 85e6 }).bound).toBe("memory");
    expect(predict(adapter, { ...load, ...bytes }).bound).toBe("start");
  });

  test("a long chain of waits bounds what a full GPU would do sooner", () => {
    expect(millisecondsOf({ chain: { iterations: 25000, wait: "chunk" } })).toBeCloseTo(12.5, 9);
    expect(millisecondsOf({ chain: { iterations: 25000, wait: "term" } })).toBeCloseTo(2.5, 9);
    expect(millisecondsOf({ chain: { iterations: 25000, wait: "gather" } })).toBeCloseTo(7.5, 9);
    expect(predict(adapter, { ...load, chain: { iterations: 25000, wait: "gather" } }).bound).toBe("chain");
  });

  test("the processor takes its time for each dispatch and each round trip", () => {
    expect(hostTime(adapter, 100, 4)).toBeCloseTo(4.4, 9);
  });

  test("two workgroups for each multiprocessor keep an H100 busy", () => {
    const h100 = modelOf("NVIDIA H100 80GB HBM3")!;
    const time = (workgroups: number): number => predict(h100, { ...load, workgroups }).milliseconds;
    expect(time(264)).toBe(time(1000));
    expect(time(263)).toBeGreaterThan(time(264));
  });
});

test("adapters are told by the names that drivers give them, and their neighbors are not", () => {
  for (const model of adapterModels) expect(modelOf(model.info.description)).toBe(model);
  expect(modelOf("Intel(R) Iris(R) Xe Graphics (TGL GT2)")?.id).toBe("iris");
  expect(modelOf("NVIDIA GeForce RTX 4070")?.id).toBe("rtx4070");
  for (const name of [
    "NVIDIA GeForce RTX 4070 Ti",
    "Apple M2 Max",
    "Apple M1",
    "llvmpipe (LLVM 19.1.7, 256 bits)",
    "",
  ]) {
    expect(modelOf(name)).toBeUndefined();
  }
});

test("a plan is judged by what is small, what is long, and what one submission carries", () => {
  const dispatch = (id: string, changed: Partial<PlannedDispatch>): PlannedDispatch => ({ ...load, id, ...changed });
  const gathers = (iterations: number): PlannedDispatch["chain"] => ({ iterations, wait: "gather" });
  const dispatches = [
    dispatch("most", { operations: 9e9 }),
    dispatch("few", { operations: 2e7, workgroups: 263 }),
    dispatch("enough", { operations: 2e7, workgroups: 264 }),
    dispatch("little", { operations: 9e6, workgroups: 1 }),
    dispatch("long", { operations: 0, chain: { iterations: 513, wait: "chunk" } }),
    dispatch("short", { operations: 0, chain: { iterations: 512, wait: "chunk" } }),
    dispatch("long list", { operations: 0, chain: gathers(65) }),
    dispatch("short list", { operations: 1e9, chain: gathers(64) }),
  ];
  const { small, long, largestDispatch, largestSubmission } = judge(dispatches, [1, 4, 8]);
  expect(small.map(({ id }) => id)).toEqual(["few"]);
  expect(long.map(({ id }) => id)).toEqual(["long", "long list"]);
  expect(largestDispatch).toBe(9e9);
  expect(largestSubmission).toBe(9e9);
  expect(judge(dispatches, [8]).largestSubmission).toBe(9e9 + 4.9e7 + 1e9);
});
