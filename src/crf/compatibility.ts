import { compatibility as kernel, compatibilityTranspose } from "../../build/kernels.ts";
import { type Storage, view } from "../device/device.ts";
import { rowRanges } from "../device/ranges.ts";
import { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import { outerProducts } from "../shared/outerProducts.ts";
import { record } from "../tape.ts";
import { emptyLike, type Tensor } from "../tensor.ts";

/**
 * Options of `transform`: which of the stacked matrices [L, L] to use, a factor of the product, and a map to add it to. Of matrices
 * that are diagonal `diagonals` are [sets, L], rows padded, and a row costs L operations; no gradient comes to such a matrix.
 */
export interface TransformOptions {
  readonly set?: number;
  readonly factor?: number;
  readonly addend?: Tensor;
  readonly diagonals?: Storage;
}

/**
 * Returns addend + factor·M x for the vector x of every row: message weighting and compatibility transform. `values` is
 * [..., L] and `matrix` is [sets·L, L].
 */
export function transform(values: Tensor, matrix: Tensor, options: TransformOptions = {}): Tensor {
  return values.device.attempt(() => transformed(values, matrix, options));
}

function transformed(
  values: Tensor,
  matrix: Tensor,
  { set = 0, factor = 1, addend, diagonals }: TransformOptions,
): Tensor {
  const { device, channels } = values;
  const result = emptyLike(values);
  const { storage } = matrix;
  const applied = diagonals
    ? { storage: diagonals, row: set, diagonal: 1 }
    : { storage, row: set * channels, diagonal: 0 };
  applyMatrix(values, applied, factor, addend, result);
  const inputs = addend ? [values, matrix, addend] : [values, matrix];
  const kept = matrix.tape?.recording ? [values, matrix] : [matrix];
  return record(result, inputs, kept, (gradient, wanted) => {
    using workspace = new Workspace(device);
    const ofValues = wanted[0] ? emptyLike(gradient) : undefined;
    if (ofValues) {
      const transposed = workspace.allocate(channels * padded(channels) * 4);
      const matrixRow = set * channels;
      device.run(compatibilityTranspose, { matrix: matrix.storage, result: transposed, channels, matrixRow });
      applyMatrix(gradient, { storage: transposed, row: 0, diagonal: 0 }, factor, undefined, ofValues);
    }
    const ofMatrix = wanted[1] ? device.tensor(matrix.shape) : undefined;
    if (ofMatrix) {
      using sums = outerProducts(gradient, values, factor);
      const { bytes } = sums.storage;
      device.copy(sums.storage, view(ofMatrix.storage, set * bytes, bytes));
    }
    return [ofValues, ofMatrix, gradient];
  });
}

function applyMatrix(
  values: Tensor,
  matrix: { readonly storage: Storage; readonly row: number; readonly diagonal: number },
  factor: number,
  addend: Tensor | undefined,
  result: Tensor,
): void {
  const { device, rows, channels } = values;
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    device.run(kernel, {
      values: range.of(values.storage, rowBytes),
      matrix: matrix.storage,
      addend: range.of((addend ?? values).storage, rowBytes),
      result: range.of(result.storage, rowBytes),
      rows: range.rows,
      channels,
      matrixRow: matrix.row,
      diagonal: matrix.diagonal,
      factor,
      add: addend ? 1 : 0,
    });
  }
}
