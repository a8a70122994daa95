import { compatibility as kernel, compatibilityTranspose } from "../../build/kernels.ts";
import { type Device, type Storage, view } from "../device/device.ts";
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
  const { rows } = values;
  const maps = { values: values.storage, addend: addend?.storage, result: result.storage, rows, channels };
  applyMatrix(device, maps, applied, factor);
  const inputs = addend ? [values, matrix, addend] : [values, matrix];
  const kept = matrix.tape?.recording ? [values, matrix] : [matrix];
  return record(result, inputs, kept, (gradient, wanted) => {
    using workspace = new Workspace(device);
    const ofValues = wanted[0] ? emptyLike(gradient) : undefined;
    if (ofValues) {
      const transposed = { storage: transposedMatrix(workspace, matrix, set), row: 0, diagonal: 0 };
      const back = { values: gradient.storage, result: ofValues.storage, rows: gradient.rows, channels };
      applyMatrix(device, back, transposed, factor);
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

/** Returns the transposed matrix of a set, in memory of the workspace. */
export function transposedMatrix(workspace: Workspace, { device, storage, channels }: Tensor, set: number): Storage {
  const result = workspace.allocate(channels * padded(channels) * 4);
  device.run(compatibilityTranspose, { matrix: storage, result, channels, matrixRow: set * channels });
  return result;
}

/** What a matrix is applied to, [rows, channels]: result = addend + factor·M x for each row x of the values. */
interface MatrixRows {
  readonly values: Storage;
  readonly addend?: Storage;
  readonly result: Storage;
  readonly rows: number;
  readonly channels: number;
}

/** A matrix among those that are stored one below the other. */
interface StoredMatrix {
  readonly storage: Storage;
  readonly row: number;
  /** 1 where it is diagonal and comes as one row, else 0. */
  readonly diagonal: number;
}

/** Queues the product of a matrix with every row. */
export function applyMatrix(
  device: Device,
  { values, addend, result, rows, channels }: MatrixRows,
  matrix: StoredMatrix,
  factor: number,
): void {
  const rowBytes = padded(channels) * 4;
  for (const range of rowRanges(device, rows, rowBytes)) {
    device.run(kernel, {
      values: range.of(values, rowBytes),
      matrix: matrix.storage,
      addend: range.of(addend ?? values, rowBytes),
      result: range.of(result, rowBytes),
      rows: range.rows,
      channels,
      matrixRow: matrix.row,
      diagonal: matrix.diagonal,
      factor,
      add: addend ? 1 : 0,
    });
  }
}
