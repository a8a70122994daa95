import { type Storage, view } from "../device/device.ts";
import { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";
import { applyMatrix, transposedMatrix } from "./compatibility.ts";

/**
 * Returns C·W of every set, for a filter's compatibilities C and weights W, each [sets·L, L]. A row of a map then costs one
 * product in place of two, and so do its gradients, since C·(W x) equals (C·W) x (Zheng et al. 2015, sections 4.2.3 and 4.2.4).
 * Where G is the gradient of the product, those of C and W are G·Wᵀ and Cᵀ·G.
 */
export function product(compatibility: Tensor, weight: Tensor): Tensor {
  return compatibility.device.attempt(() => {
    const inputs = [compatibility, weight];
    return record(multiplied(compatibility, weight, false, true), inputs, inputs, (gradient, wanted) => [
      wanted[0] ? multiplied(gradient, weight, false, false) : undefined,
      wanted[1] ? multiplied(compatibility, gradient, true, true) : undefined,
    ]);
  });
}

/** Computes a·bᵀ of every set, of matrices that may be turned beforehand. */
function multiplied(a: Tensor, b: Tensor, turnA: boolean, turnB: boolean): Tensor {
  const { device, channels } = a;
  const bytes = channels * padded(channels) * 4;
  const result = emptyLike(a);
  for (let set = 0; set * channels < a.rows; set++) {
    using workspace = new Workspace(device);
    const of = ({ storage }: Tensor): Storage => view(storage, set * bytes, bytes);
    // A copy can be bound, wherever the matrix begins.
    const values = turnA ? transposedMatrix(workspace, a, set) : workspace.allocate(bytes);
    if (!turnA) device.copy(of(a), values);
    const matrix = turnB
      ? { storage: transposedMatrix(workspace, b, set), row: 0 }
      : { storage: b.storage, row: set * channels };
    const own = workspace.allocate(bytes);
    applyMatrix(device, { values, result: own, rows: channels, channels }, { ...matrix, diagonal: 0 }, 1);
    device.copy(own, of(result));
  }
  return result;
}
