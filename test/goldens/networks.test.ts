import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { open } from "../../src/device/open.ts";
import { openWebGpu } from "../device/software.ts";
import { openFixtures } from "../files.ts";
import { listNetworks, NetworkCheck, type NetworkGolden } from "./networks.ts";

const fixtures = openFixtures();
const folder = "shared/goldens";
const goldens = fixtures.shared ? await listNetworks(fixtures, folder) : [];

test(fixtures.shared ? "there are goldens of networks" : "goldens of networks: folder not found", () => {
  expect(goldens.length).toBe(fixtures.shared ? 3 : 0);
});

const devices: readonly [string, () => Promise<Device>][] = [
  ["WASM", () => open({ prefer: "wasm" })],
  ["WebGPU", () => openWebGpu()],
];

describe.each(goldens.length > 0 ? devices : [])("networks on %s", (_, openDevice) => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  const named = goldens.map((golden): [string, NetworkGolden] => [golden.name, golden]);
  test.each(named)("%s: scores, loss and gradients", async (_, golden) => {
    await new NetworkCheck(golden, device, fixtures, folder).gradients();
  });

  const trained = named.filter(([, { facts }]) => facts.sgd_plain);
  test.each(trained)("%s: three steps", async (_, golden) => {
    for (const kind of ["sgd_plain", "sgd_caffe"] as const) {
      await new NetworkCheck(golden, device, fixtures, folder).descent(kind);
    }
  });
});
