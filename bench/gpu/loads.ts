import type { Device, Dispatch } from "../../src/device/device.ts";
import { kernelForms } from "../../src/nn/tune.ts";
import { kernelName } from "../floor.ts";
import { floors } from "../floors.ts";
import { chainOf, type Numbers, paddingOf } from "./chains.ts";
import type { Load } from "./model.ts";

/** A dispatch of a plan. `id` is its kernel's, in the form that it takes. */
export interface PlannedDispatch extends Load {
  readonly id: string;
}

/** What the floors and the kernel's own description say of a dispatch; `longestList` is for splats. */
export function loadOf({ kernel, count, args }: Dispatch, longestList = 1): PlannedDispatch {
  const floor = floors.find((one) => one.kernel.id === (kernel.formOf ?? kernel.id));
  const numbers = args as Numbers;
  return {
    id: kernel.id,
    kernel: kernelName(floor?.kernel ?? kernel),
    form: formName(kernel.id),
    workgroups: kernel.unit === "workgroup" ? count : Math.ceil(count / kernel.workgroupSize),
    workgroupSize: kernel.workgroupSize,
    operations: floor?.operations(args) ?? 0,
    padding: paddingOf(kernel.id, numbers),
    bytes: floor?.bytes(args) ?? 0,
    chain: chainOf(kernel.id, numbers, longestList),
  };
}

const formName = (id: string): string | undefined =>
  kernelForms.flatMap(({ usual, others }) => [usual, ...others]).find(({ kernel }) => kernel.id === id)?.name;

/** Collects the dispatches of `device` until the returned observation is disposed of. */
export function observeLoads(
  device: Device,
  into: PlannedDispatch[],
  longestList: (vertices: number) => number = () => 1,
): Disposable {
  return device.observe({
    // After it is queued, so that a submission which makes room for it counts as one of those before it.
    after: (dispatch) => void into.push(loadOf(dispatch, longestList((dispatch.args as Numbers).vertices ?? 0))),
  });
}
