import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { openWebGpu } from "../device/software.ts";
import { openFixtures } from "../files.ts";
import { onDevice } from "./device.ts";
import { checkGolden, type Golden, listGoldens } from "./goldens.ts";
import { reference } from "./reference.ts";

const fixtures = openFixtures();
const folder = fixtures.shared ? "shared/goldens" : "fixtures/goldens";
const goldens = await listGoldens(fixtures, folder);

test(fixtures.shared ? "the full goldens" : "full goldens: folder not found, compact subset only", () => {
  expect(goldens.length).toBeGreaterThanOrEqual(fixtures.shared ? 55 : 30);
});

describe.each([
  ["WASM", () => open({ prefer: "wasm" })],
  ["WebGPU", () => openWebGpu()],
])("goldens on %s", (_, openDevice) => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  test.each(goldens.map((golden): [string, Golden] => [golden.name, golden]))("%s", async (_, golden) => {
    await checkGolden(golden, onDevice(device), fixtures, folder);
  });
});

// The largest would take the reference minutes; what they check, smaller ones of the same kind check, too.
const small = goldens.filter(({ params }) => (params.labels ?? 1) * (params.height ?? 1) * (params.width ?? 1) < 4e4);

describe("goldens and the float64 reference agree", () => {
  test.each(small.map((golden): [string, Golden] => [golden.name, golden]))("%s", async (_, golden) => {
    await checkGolden(golden, reference, fixtures, folder);
  });
});
