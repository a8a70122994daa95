import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  benchFacts,
  type BenchResult,
  compare,
  describeFacts,
  makeScene,
  names,
  parseTimes,
  runBench,
  timesOf,
} from "../../bench/bench.ts";
import { timingOf } from "../../bench/stopwatch.ts";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";

const scene = makeScene(undefined, { height: 30, width: 40 });
const little = { only: "lattice/blur$|build spatial", seconds: 0.001 };

let device: Device;
beforeAll(async () => void (device = await open({ prefer: "wasm", threads: 1 })));
afterAll(() => device.dispose());

describe("a benchmark in a program", () => {
  let result: BenchResult;
  const told: string[] = [];
  beforeAll(async () => {
    result = await runBench(scene, { ...little, device }, (name) => told.push(name));
  });

  test("measures on the device that it is given, which stays open, and gives its memory back", async () => {
    expect(result.device).toEqual({ ...device.info, kind: "wasm" });
    expect(told).toEqual(["ceilings", "lattice/blur", "build spatial 3"]);
    expect(told.slice(1).every((name) => names.includes(name))).toBe(true);
    expect(device.bytes).toBe(0);
    using tensor = device.tensor([2], [1, 2]);
    expect([...(await tensor.read())]).toEqual([1, 2]);
  });

  test("opens one by the options of open where it is given none", async () => {
    const opened = await runBench(scene, {
      ...little,
      only: "lattice/blur$",
      prefer: "wasm",
      threads: 1,
      simd: "plain",
    });
    expect(opened.device).toMatchObject({ kind: "wasm", threads: 1, variant: "plain" });
  });

  test.each(["ceilings", "lattice/blur", "build spatial 3"])("aborted at %s, gives its memory back", async (line) => {
    const abort = new AbortController();
    const running = runBench(scene, { ...little, device, signal: abort.signal }, (name) => {
      if (name === line) abort.abort();
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(device.bytes).toBe(0);
  });

  test("with enough, has the lines that were measured before, each of which was told", async () => {
    const enough = new AbortController();
    const lines: string[] = [];
    const before = await runBench(
      scene,
      { ...little, device, enough: enough.signal, onLine: ({ name }) => lines.push(name) },
      (name) => name === "build spatial 3" && enough.abort(),
    );
    expect(lines).toEqual(["lattice/blur"]);
    expect(before.kernels.map(({ name }) => name)).toEqual(lines);
    expect(before.composites).toEqual([]);
    expect(before.vertices).toEqual(result.vertices);
    expect(device.bytes).toBe(0);
    const none = runBench(scene, { ...little, device, enough: AbortSignal.abort() });
    await expect(none).rejects.toMatchObject({ name: "AbortError" });
  });

  test("ends in the middle of a line that would take an hour", async () => {
    const signal = AbortSignal.timeout(50);
    await expect(runBench(scene, { seconds: 3600, device, signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(device.bytes).toBe(0);
  });

  test("is a table as crf-rnn bench prints it, or Markdown, and compares with what was saved", () => {
    const facts = benchFacts(result, scene, "here 1");
    expect(facts).toMatchObject({ command: "bench", host: "here 1", image: { file: null, height: 30, width: 40 } });
    const old = parseTimes(JSON.stringify(facts), "old.json");
    expect(old).toEqual(timesOf(facts, "old.json"));
    const twice = { ...facts, kernels: facts.kernels.map((line) => ({ ...line, least: 2 * line.least })) };
    const peer = { name: "theirs", milliseconds: { "build spatial 3": 4 * facts.composites[0]!.least } };
    const compared = compare(twice, { old, peer });
    expect(compared.kernels[0]!.oldOverNew).toBeCloseTo(0.5, 10);
    expect(compared.composites[0]!.peerOverOwn).toBeCloseTo(4, 10);
    expect(describeFacts(compared)).toMatch(/^lattice\/blur( +[\d.]+){4} +\d+ %( +[\d.]+){2} +0\.50× *$/m);
    const markdown = describeFacts(compared, "markdown");
    expect(markdown).toMatch(/^\| kernel \| median ms \| .* \| old\/new \| peer\/own \|\n\| --- \| ---: \|/m);
    expect(markdown).toMatch(/^\| build spatial 3 \|.*\| 1\.00× \| 4\.00× \|$/m);
    expect(markdown).toContain("crf-rnn");
  });
});

test("wrong options are refused in one sentence", async () => {
  const refused = (options: object): Promise<unknown> => runBench(scene, options);
  await expect(refused({ pattern: "blur" })).rejects.toThrow('got "pattern"');
  await expect(refused({ seconds: 0 })).rejects.toThrow("runBench: expected seconds: a number above 0, got 0");
  await expect(refused({ only: "no such line" })).rejects.toThrow("a pattern that matches one of names");
  await expect(refused({ only: "(" })).rejects.toThrow("runBench: expected only: a regular expression, got '('");
  await expect(refused({ device: {} })).rejects.toThrow("runBench: expected a device, got a plain object");
  await expect(refused({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
});

test("times below the ticks of a page's clock are told by their mean, and are never zero", () => {
  expect(timingOf([3, 1, 2])).toEqual({ median: 2, least: 1, repetitions: 3 });
  expect(timingOf([0, 0, 0.1, 0.1])).toEqual({ median: 0.1, least: 0.05, repetitions: 4 });
  expect(timingOf([0, 0, 0, 0])).toEqual({ median: 0.025, least: 0.025, repetitions: 4 });
});
