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
    const result = ofEachSet(compatibility, ({ own, transposed, timesTransposed }) =>
      timesTransposed(own(compatibility), transposed(weight)),
    );
    return record(result, [compatibility, weight], [compatibility, weight], (gradient, wanted) => [
      wanted[0]
        ? ofEachSet(gradient, ({ own, timesTransposed }) => timesTransposed(own(gradient), own(weight)))
        : undefined,
      wanted[1]
        ? ofEachSet(gradient, ({ transposed, timesTransposed }) =>
            timesTransposed(transposed(compatibility), transposed(gradient)),
          )
        : undefined,
    ]);
  });
}

/** What can be done with the matrices [L, L] that belong to one set, each in memory of its own. */
interface OfSet {
  own(matrices: Tensor): Storage;
  transposed(matrices: Tensor): Storage;
  /** a·bᵀ */
  timesTransposed(a: Storage, b: Storage): Storage;
}

/** Computes stacked matrices like the given ones, set by set. */
function ofEachSet(like: Tensor, compute: (of: OfSet) => Storage): Tensor {
  const { device, channels, rows } = like;
  const bytes = channels * padded(channels) * 4;
  const result = emptyLike(like);
  for (let set = 0; set * channels < rows; set++) {
    using workspace = new Workspace(device);
    const computed = compute({
      own(matrices) {
        const copy = workspace.allocate(bytes);
        device.copy(view(matrices.storage, set * bytes, bytes), copy);
        return copy;
      },
      transposed: (matrices) => transposedMatrix(workspace, matrices, set),
      timesTransposed(values, matrix) {
        const result = workspace.allocate(bytes);
        const maps = { values, result, rows: channels, channels };
        applyMatrix(device, maps, { storage: matrix, row: 0, diagonal: 0 }, 1);
        return result;
      },
    });
    device.copy(computed, view(result.storage, set * bytes, bytes));
  }
  return result;
}
