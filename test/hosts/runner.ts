/** Runs the bundled suites on one device and reports what happens, case by case. Host-neutral. */
import { findGpu } from "../../src/device/gpu.ts";
import { open } from "../../src/device/open.ts";
import type { Device, DeviceInfo } from "../../src/device/device.ts";
import { type Case, type Cases, check, type Fixtures } from "../suite.ts";

/** Which device to open; what `open` takes. */
export interface DeviceChoice {
  readonly prefer: "webgpu" | "wasm";
  readonly threads?: number;
  /** Whether WASM runs in a worker. */
  readonly worker?: boolean;
  /** Whose limits a WebGPU device has, in place of the adapter's own. */
  readonly limits?: GpuLimits;
}

/** The limits that WebGPU guarantees, with no optional feature, and those of its compatibility mode. */
export const gpuLimits = ["default", "compatibility"] as const;
export type GpuLimits = (typeof gpuLimits)[number];

/** What runs, and where. */
export interface Selection {
  readonly choice: DeviceChoice;
  /** Full names of the cases to run. Default: all. */
  readonly only?: readonly string[];
}

/** What a run tells its parent, in this order: device, then start and end of each case, then done. */
export type Report =
  | { readonly event: "device"; readonly kind: string; readonly info: DeviceInfo }
  | { readonly event: "start"; readonly name: string }
  | { readonly event: "end"; readonly name: string; readonly milliseconds: number; readonly error?: string }
  | { readonly event: "done" };

/** All suites by their path without `.suite.ts`, e.g. `lattice/filter`. */
export type Suites = Readonly<Record<string, Cases>>;

/** Every case under its full name, `lattice/filter: …`. */
export async function listCases(suites: Suites, fixtures: Fixtures): Promise<Map<string, Case>> {
  const all = new Map<string, Case>();
  for (const [path, cases] of Object.entries(suites)) {
    for (const entry of typeof cases === "function" ? await cases(fixtures) : cases) {
      const name = `${path}: ${entry.name}`;
      if (all.has(name)) throw new Error(`two cases are named ${name}`);
      all.set(name, entry);
    }
  }
  return all;
}

export async function runSuites(
  suites: Suites,
  { choice, only }: Selection,
  fixtures: Fixtures,
  report: (report: Report) => void,
): Promise<void> {
  const cases = await listCases(suites, fixtures);
  // What warnings are about is in suites on purpose; those of warnings listen themselves.
  const device = await openChosen(choice);
  report({ event: "device", kind: device.kind, info: device.info });
  for (const [name, entry] of cases) {
    if (only && !only.includes(name)) continue;
    report({ event: "start", name });
    const start = performance.now();
    const error = await runCase(entry, device, fixtures).then(() => undefined, describeError);
    report({ event: "end", name, milliseconds: performance.now() - start, error });
  }
  device.dispose();
  report({ event: "done" });
}

async function openChosen({ limits, ...choice }: DeviceChoice): Promise<Device> {
  const onWarning = (): void => {};
  return await open(limits ? { gpu: await requestGpu(limits), onWarning } : { ...choice, onWarning });
}

/** A device as programs get it that ask for nothing. */
async function requestGpu(limits: GpuLimits): Promise<GPUDevice> {
  const featureLevel = limits === "compatibility" ? "compatibility" : "core";
  const adapter = await (await findGpu())?.requestAdapter({ featureLevel });
  if (!adapter) throw new Error("no WebGPU adapter: run scripts/setup.sh");
  const gpu = await adapter.requestDevice();
  const most = gpu.limits.maxComputeInvocationsPerWorkgroup;
  const expected = { default: 256, compatibility: 128 }[limits];
  check(most === expected, `a device of ${limits} limits has workgroups of ${expected}, and this one of ${most}`);
  return gpu;
}

/** @throws whatever the case does, and AssertionError where the device has less or more memory in use afterwards */
export async function runCase(entry: Case, device: Device, fixtures: Fixtures): Promise<void> {
  soil(device);
  const before = device.bytes;
  await entry.run(device, fixtures);
  check(device.bytes === before, `the device has ${device.bytes - before} more bytes in use than before`);
}

const dirt = new Uint32Array(2 ** 19).fill(0x7fc0dead);

/** Leaves NaN in memory that the case will be given, so that what reads where nothing was written shows. */
function soil(device: Device): void {
  // A GPU's memory is zero when it is new, and pooled by size; WASM's heap hands out the lowest range that is free.
  if (device.kind !== "wasm") return;
  const memory = device.allocate(dirt.byteLength);
  device.write(memory, dirt);
  device.release(memory);
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack?.includes(error.message) ? error.stack : `${error.name}: ${error.message}\n${error.stack ?? ""}`;
}
