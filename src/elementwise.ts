import type { Storage } from "./device/device.ts";
import { rowRanges } from "./device/ranges.ts";
import { quadBytes } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** A range of the quads of all tensors that a kernel goes through element by element. */
export interface ElementRange<Name extends string> {
  /** The range of each tensor, by the tensor's name, which is the kernel's name for it. */
  readonly storages: Readonly<Record<Name, Storage>>;
  /** The number of quads in the range, and before it. */
  readonly count: number;
  readonly first: number;
}

/**
 * Cuts tensors of one shape and layout into ranges of as many quads as a binding may hold, for a kernel that treats every
 * quad of memory by itself, whatever the layout. All such ops share this loop:
 * `for (const { storages, count } of elementRanges({ a, b, result })) device.run(kernel, { ...storages, count });`
 */
export function* elementRanges<Name extends string>(
  tensors: Readonly<Record<Name, Tensor>>,
): Generator<ElementRange<Name>> {
  const all = Object.entries(tensors) as [Name, Tensor][];
  const [[, { device, storage }]] = all as [[Name, Tensor]];
  let first = 0;
  for (const { rows, of } of rowRanges(device, storage.bytes / quadBytes, quadBytes)) {
    const storages = all.map(([name, tensor]) => [name, of(tensor.storage, quadBytes)] as const);
    yield { storages: Object.fromEntries(storages) as Record<Name, Storage>, count: rows, first };
    first += rows;
  }
}
