import { test } from "vitest";
import { openWebGpu } from "../device/software.ts";
import { staysFlat } from "./growth.ts";

test("a thousand training steps keep device and process memory flat on WebGPU", async () => {
  using device = await openWebGpu();
  await staysFlat(device, 100);
});
