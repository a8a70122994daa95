import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { openWebGpu } from "../device/software.ts";
import { openFixtures } from "../files.ts";
import { type Golden, load } from "./goldens.ts";
import { gradientChecks, listGradients } from "./gradients.ts";

const fixtures = openFixtures();
const folder = fixtures.shared ? "shared/goldens" : "fixtures/goldens";
const goldens = await listGradients(fixtures, folder);

test("there are goldens of gradients", () => {
  expect(goldens.length).toBeGreaterThanOrEqual(fixtures.shared ? 7 : 5);
});

describe.each([
  ["WASM", () => open({ prefer: "wasm" })],
  ["WebGPU", () => openWebGpu()],
])("gradients on %s", (_, openDevice) => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  test.each(goldens.map((golden): [string, Golden] => [golden.name, golden]))("%s", async (_, golden) => {
    await gradientChecks[golden.kind]!(load(golden, fixtures, folder), device);
  });
});
