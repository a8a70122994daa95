import { sample as kernel } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";

/** Queues the gathering of single floats of `values`, which are all within one binding, to `result`. */
export function sample(device: Device, values: Storage, places: Uint32Array, result: Storage): void {
  using workspace = new Workspace(device);
  const bound = view(values, 0, Math.min(values.bytes, device.limits.bindingBytes));
  device.run(kernel, { values: bound, places: workspace.store(places), result, count: places.length });
}
