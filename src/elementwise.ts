import type { Storage } from "./device/device.ts";
import { rowWindows } from "./device/windows.ts";
import type { Tensor } from "./tensor.ts";

/** A window of all tensors that a kernel goes through element by element. */
export interface ElementWindow<Name extends string> {
  /** The window of each tensor, by the tensor's name, which is the kernel's name for it. */
  readonly storages: Readonly<Record<Name, Storage>>;
  /** Quads in the window, and before it. */
  readonly count: number;
  readonly first: number;
}

/**
 * Windows of tensors of one shape and layout for a kernel that treats every quad of memory by itself, whatever the layout: as
 * many quads at a time as a binding may hold. One loop for all such ops.
 * @example for (const { storages, count } of elementWindows({ a, b, result })) device.run(kernel, { ...storages, count });
 */
export function* elementWindows<Name extends string>(
  tensors: Readonly<Record<Name, Tensor>>,
): Generator<ElementWindow<Name>> {
  const all = Object.entries(tensors) as [Name, Tensor][];
  const [[, { device, storage }]] = all as [[Name, Tensor]];
  let first = 0;
  for (const { rows, of } of rowWindows(device, storage.bytes / 16, 16)) {
    const storages = all.map(([name, tensor]) => [name, of(tensor.storage, 16)] as const);
    yield { storages: Object.fromEntries(storages) as Record<Name, Storage>, count: rows, first };
    first += rows;
  }
}
