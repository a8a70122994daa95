import { expect, test } from "vitest";
import { differenceTo, hostHere, parseMade } from "../../src/train/made.ts";

const node = { build: "1.0.0 of abc", host: "Node 20.20.0", device: "wasm plain" };

test("another build and another device may have other bits, another host only where SIMD is relaxed or shaders compute", () => {
  expect(differenceTo(node, node)).toBeUndefined();
  expect(differenceTo(node, { ...node, host: "Deno 2.9.0" })).toBeUndefined();
  expect(differenceTo(node, { ...node, build: "1.0.1 of abd" })).toBe(
    "crf-rnn 1.0.0 of abc on Node 20.20.0, wasm plain there, crf-rnn 1.0.1 of abd on Node 20.20.0, wasm plain here",
  );
  const relaxed = { ...node, host: "Node 24.0.0", device: "wasm relaxed" };
  expect(differenceTo(node, relaxed)).toContain("wasm relaxed here");
  expect(differenceTo(relaxed, relaxed)).toBeUndefined();
  expect(differenceTo(relaxed, { ...relaxed, host: "Chrome 140" })).toContain("on Chrome 140, wasm relaxed here");
  const gpu = { ...node, device: "webgpu llvmpipe, " };
  expect(differenceTo(gpu, { ...gpu, host: "Deno 2.9.0" })).toContain("Deno 2.9.0");
});

test("what a checkpoint says is read, and nonsense is nothing", () => {
  expect(parseMade(JSON.stringify(node))).toEqual(node);
  for (const text of [undefined, "", "{}", "[", '{"build":1,"host":"a","device":"b"}', " ".repeat(20_000)]) {
    expect(parseMade(text)).toBeUndefined();
  }
  expect(hostHere()).toBe(`Node ${process.versions.node}`);
});
