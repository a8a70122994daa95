import { describe, expect, test, vi } from "vitest";
import { modelOf } from "../../bench/gpu/adapters.ts";
import { chainOf } from "../../bench/gpu/chains.ts";
import { judge } from "../../bench/gpu/judge.ts";
import type { PlannedDispatch } from "../../bench/gpu/loads.ts";
import { limitSets, type Plan, recordPlan, tellOf, timeOf } from "../../bench/gpu/record.ts";
import { nothingTold } from "../../bench/gpu/replay.ts";
import type { WorkOptions } from "../../bench/gpu/works.ts";
import { makeScene } from "../../bench/scene.ts";
import { withDefaults } from "../../src/description.ts";
import { tableOf } from "../../src/models/layers.ts";
import { trunkOptions } from "../../src/models/specification.ts";
import { elementsOf } from "../../src/shape.ts";
import type { Configuration } from "../../src/train/configuration.ts";
import { estimateBytes } from "../../src/train/memory.ts";
import { networkLayers } from "../../src/train/model.ts";
import { toyConfiguration } from "../train/toy.ts";

// A recorder looks at no values; the weights of a network of full width take seconds to make.
vi.mock("../../src/models/initial.ts", () => ({ initialValues: () => new Float32Array() }));

const h100 = modelOf("NVIDIA H100")!;
const iris = modelOf("Intel(R) Iris(R) Xe Graphics (TGL GT2)")!;

const small: WorkOptions = {
  work: "fcn8s",
  train: false,
  width: 1 / 16,
  iterations: 2,
  scene: makeScene(undefined, { height: 32, width: 32 }),
};

const countOf = ({ again }: Plan, id: string): number =>
  again.dispatches.filter((dispatch) => dispatch.id === id).length;

/** How a pass through FCN-8s at full width is judged, and what the model says of it. */
async function judged(size: number, train: boolean, limits: keyof typeof limitSets) {
  const scene = makeScene(undefined, { height: size, width: size });
  const { again } = await recordPlan(h100, limitSets[limits], { ...small, train, width: 1, scene }, nothingTold);
  const { small: few, long } = judge(again.dispatches, again.submittedAt);
  const tell = ({ id, workgroups, chain }: PlannedDispatch): string => `${id} ${workgroups} ${chain.iterations}`;
  return { few: few.map(tell), long: long.map(tell), time: timeOf(h100, again).gpu, bytes: again.usedBytes };
}

/** What `train` estimates for a step on an image of so many pixels a side. */
function estimated(size: number): number {
  const { network, optimizer } = toyConfiguration;
  const configuration: Configuration = {
    ...toyConfiguration,
    classes: Array.from({ length: 21 }, (_, i) => `class ${i}`),
    network: { ...network!, ...withDefaults("plan", trunkOptions, {}) },
    optimizer: { ...optimizer, kind: "sgd" },
  };
  const learned = Object.values(tableOf(networkLayers(configuration)));
  const numbers = learned.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  return estimateBytes(configuration, numbers, { height: size, width: size });
}

describe("FCN-8s at full width has enough to do at once, and no invocation walks a long way by itself", () => {
  test.each([
    [256, false, "large", 5],
    [256, false, "default", 5],
    [256, true, "large", 20],
    [256, true, "default", 20],
    [500, false, "large", 9],
    [500, true, "large", 40],
  ] as const)("%i pixels a side, training: %s, %s bindings", async (size, train, limits, milliseconds) => {
    const { few, long, time, bytes } = await judged(size, train, limits);
    expect(few).toEqual([]);
    expect(long).toEqual([]);
    expect(time).toBeLessThan(milliseconds);
    // As much as on a processor, scratch memory included: recorded, 0.99 to 1.04 times what is estimated.
    if (train) expect(bytes / estimated(size)).toBeLessThan(1.15);
  });
});

describe("a plan", () => {
  test("of FCN-8s has what its layers queue, the same in every pass", async () => {
    const plan = await recordPlan(h100, limitSets.large, small, nothingTold);
    expect(countOf(plan, "maxPool2d")).toBe(5);
    // Joined scores of pool4 and pool3; and both are cropped, as is the result.
    expect(countOf(plan, "add")).toBe(2);
    expect(countOf(plan, "crop")).toBe(3);
    expect(plan.again.dispatches).toEqual(plan.first.dispatches);
    expect(plan.again.tally.roundTrips).toBe(1);
  });

  test("of a step has gradients and an update of every parameter", async () => {
    const plan = await recordPlan(h100, limitSets.large, { ...small, train: true }, nothingTold);
    expect(countOf(plan, "maxPool2dPullback")).toBe(5);
    expect(countOf(plan, "crossEntropyPullback")).toBe(1);
    // 18 convolutions with biases, and three transposed ones without.
    expect(countOf(plan, "sgd")).toBe(39);
    expect(plan.again.usedBytes).toBe(plan.first.usedBytes);
  });

  test("smaller bindings need more dispatches", async () => {
    const bindingBytes = 2 ** 18;
    const cut = await recordPlan(h100, { ...limitSets.large, bindingBytes }, small, nothingTold);
    const whole = await recordPlan(h100, limitSets.large, small, nothingTold);
    expect(cut.again.dispatches.length).toBeGreaterThan(whole.again.dispatches.length);
    for (const { bytes } of cut.again.dispatches) expect(bytes).toBeLessThanOrEqual(4 * bindingBytes);
  });

  test("each GPU takes the forms that the library's rule for it takes, and none by chance", async () => {
    const wide = { ...small, width: 1 / 4 };
    const formsOn = async (adapter: typeof h100): Promise<Set<string | undefined>> =>
      new Set((await recordPlan(adapter, limitSets.large, wide, nothingTold)).again.dispatches.map(({ form }) => form));
    expect(await formsOn(h100)).toContain("tiled");
    expect(await formsOn(iris)).not.toContain("tiled");
  });

  test("of a CRF is true: lattices have the vertices and lists that WebAssembly finds", async () => {
    const options: WorkOptions = { ...small, work: "crf", scene: makeScene(undefined, { height: 12, width: 16 }) };
    const told = await tellOf(options);
    const plan = await recordPlan(h100, limitSets.large, options, told);
    expect(countOf(plan, "update")).toBe(2);
    // A bilateral lattice has six axes, a spatial one three; and once to normalize the bilateral one.
    expect(countOf(plan, "blur")).toBe(2 * (6 + 3) + 6);
    const walked = new Set(
      plan.again.dispatches.filter(({ id }) => id === "splat").map(({ chain }) => chain.iterations),
    );
    const lists = [...told.longestLists.values()];
    expect(walked).toEqual(new Set(lists.map((list) => chainOf("splat", {}, list).iterations)));
    expect(Math.min(...lists)).toBeGreaterThan(1);
  });

  test("that does not ask for what WebAssembly read back is refused", async () => {
    const told = { reads: [new ArrayBuffer(12345)], longestLists: new Map<number, number>() };
    await expect(recordPlan(h100, limitSets.large, small, told)).rejects.toThrow("the plan is not true");
  });

  test("the GPU and the processor work at once", async () => {
    const plan = await recordPlan(h100, limitSets.large, small, nothingTold);
    const { gpu, host, whole } = timeOf(h100, plan.again);
    expect(host).toBeCloseTo(
      (plan.again.dispatches.length * h100.hostMicroseconds + h100.roundTripMicroseconds) / 1e3,
      9,
    );
    expect(whole).toBe(Math.max(gpu, host));
  });
});
