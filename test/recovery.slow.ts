/** What test/recovery.suite.ts does at one in many allocations, at each one. */
import { expect, test } from "vitest";
import { open } from "../src/device/open.ts";
import { deep, runOut, shallow } from "./recovery.suite.ts";
import { openWebGpu } from "./device/software.ts";

test.each([
  ["a step", shallow, 1, 100],
  ["a step of FCN-8s", deep, 11, 20],
] as const)("memory that runs out at any allocation of %s, on every device", async (_name, make, stride, least) => {
  for (const device of [await open({ prefer: "wasm", threads: 1 }), await openWebGpu()]) {
    await runOut(device, make, stride, least);
    expect(device.bytes).toBe(0);
    device.dispose();
  }
});
