import { test } from "vitest";
import { open } from "../../src/device/open.ts";
import { openWebGpu } from "../device/software.ts";
import { staysFlat } from "./growth.ts";

test("a thousand training steps keep device and process memory flat on WASM", async () => {
  using device = await open({ prefer: "wasm" });
  await staysFlat(device, 100);
});

// A thousand steps take a software adapter half a minute: they are in growth.slow.ts.
test("two hundred training steps keep device and process memory flat on WebGPU", async () => {
  using device = await openWebGpu();
  await staysFlat(device, 20);
});
