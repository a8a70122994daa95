import { compose as kernel } from "../../build/kernels.ts";
import { alignedBytes, type Device, type Storage, view } from "../device/device.ts";
import { padded } from "../shape.ts";
import type { CrfParameters } from "./parameters.ts";

/** A layer's matrices by name. */
export type MatrixName = keyof Omit<CrfParameters, "bandwidths">;

/** The slices' factors α, by which the products of a fused update are multiplied. */
export interface UpdateFactors {
  readonly spatialFactor: number;
  readonly bilateralFactor: number;
}

/** The update matrices: C·W_s and C·W_b of every set. */
export interface UpdateMatrices {
  /** True if all matrices are diagonal. Then only their diagonals are stored, as [2, L] instead of [2, L, L]. */
  readonly diagonal: boolean;
  of(iteration: number): Storage;
}

/** The update matrices of `sets` sets, each of which begins where a binding may, by the rows that each of them has. */
function updateMatrices(device: Device, storage: Storage, rows: number, classes: number): UpdateMatrices {
  const bytes = rows * padded(classes) * 4;
  const last = storage.bytes / alignedBytes(device, bytes) - 1;
  return {
    diagonal: rows === 2,
    of: (iteration) => view(storage, Math.min(iteration, last) * alignedBytes(device, bytes), bytes),
  };
}

/** Bytes of the update matrices of `sets` sets of parameters, as `composeMatrices` writes them. */
export const updateMatrixBytes = (device: Device, classes: number, sets: number): number =>
  sets * alignedBytes(device, 2 * classes * padded(classes) * 4);

/** Queues the products C·W_s and C·W_b of every set, transposed and with the slices' α; see kernels/crf/compose.wgsl. */
export function composeMatrices(
  device: Device,
  of: Readonly<Record<MatrixName, Storage>>,
  into: Storage,
  { classes, sets }: { readonly classes: number; readonly sets: number },
  factors: UpdateFactors,
): UpdateMatrices {
  const matrices = updateMatrices(device, into, 2 * classes, classes);
  for (let set = 0; set < sets; set++) {
    device.run(kernel, {
      ...of,
      matrices: matrices.of(set),
      channels: classes,
      matrixRow: set * classes,
      ...factors,
    });
  }
  return matrices;
}

/** The same products of diagonal matrices, of which only the diagonals are known and made, as [2, L] of every set; rows are padded. */
export function multiplyDiagonals(
  device: Device,
  of: Readonly<Record<MatrixName, Float32Array>>,
  classes: number,
  factors: UpdateFactors,
): Float32Array {
  const stride = padded(classes);
  const [spatialFactor, bilateralFactor] = [Math.fround(factors.spatialFactor), Math.fround(factors.bilateralFactor)];
  const setLength = alignedBytes(device, 2 * stride * 4) / 4;
  const products = new Float32Array((of.compatibility.length / stride) * setLength);
  for (const [at, value] of of.compatibility.entries()) {
    const to = Math.floor(at / stride) * setLength + (at % stride);
    // Each product is rounded, as it is by the kernel.
    products[to] = Math.fround(value * of.spatialWeight[at]!) * spatialFactor;
    products[to + stride] = Math.fround(value * of.bilateralWeight[at]!) * bilateralFactor;
  }
  return products;
}

/** The update matrices that `multiplyDiagonals` has made, once they are stored. */
export const diagonalMatrices = (device: Device, stored: Storage, classes: number): UpdateMatrices =>
  updateMatrices(device, stored, 2, classes);
