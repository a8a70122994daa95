import type { Device, Dispatch } from "../../src/device/device.ts";
import type { Kernel } from "../../src/kernel.ts";
import { type AdapterModel, modelOf } from "./adapters.ts";
import { loadOf, observeLoads, type PlannedDispatch } from "./loads.ts";
import { hostTime, predict } from "./model.ts";

/** The model of the GPU that a device runs on, told by its name; there is none of WebAssembly and of software adapters. */
export const modelOfDevice = ({ kind, info }: Device): AdapterModel | undefined =>
  kind === "webgpu" && info.hardware ? modelOf(info.name) : undefined;

/** Milliseconds that a model predicts for one run of a kernel. */
export function predictCall<Arguments extends object>(
  model: AdapterModel,
  kernel: Kernel<Arguments>,
  args: Arguments,
): number {
  const dispatch = { kernel, count: kernel.count(args), args } as unknown as Dispatch;
  return predict(model, loadOf(dispatch)).milliseconds;
}

/** Runs `run` once and returns the milliseconds that a model predicts for it, one round trip at its end included. */
export async function predictRun(model: AdapterModel, device: Device, run: () => Promise<unknown>): Promise<number> {
  const dispatches: PlannedDispatch[] = [];
  {
    using _observation = observeLoads(device, dispatches);
    await run();
  }
  const gpu = dispatches.reduce((sum, load) => sum + predict(model, load).milliseconds, 0);
  return Math.max(gpu, hostTime(model, dispatches.length, 1));
}
