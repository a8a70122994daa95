import { compose as kernel } from "../../build/kernels.ts";
import { alignedBytes, type Device, type Storage, view } from "../device/device.ts";
import type { Workspace } from "../device/workspace.ts";
import { padded } from "../shape.ts";
import type { CrfParameters } from "./parameters.ts";

/** The update matrices: C·W_s and C·W_b of every set. */
export interface UpdateMatrices {
  /** True if all matrices are diagonal. Then only their diagonals are stored, as [2, L] instead of [2, L, L]. */
  readonly diagonal: boolean;
  of(iteration: number): Storage;
}

/** Bytes of the update matrices of `sets` sets of parameters, as `composeMatrices` writes them. */
export const updateMatrixBytes = (device: Device, classes: number, sets: number): number =>
  sets * alignedBytes(device, 2 * classes * padded(classes) * 4);

/** Queues the products C·W_s and C·W_b of every set, transposed and with the slices' α; see kernels/crf/compose.wgsl. */
export function composeMatrices(
  device: Device,
  parameters: CrfParameters,
  into: Storage,
  sets: number,
  factors: { readonly spatialFactor: number; readonly bilateralFactor: number },
): void {
  const classes = parameters.compatibility.channels;
  const bytes = 2 * classes * padded(classes) * 4;
  for (let set = 0; set < sets; set++) {
    device.run(kernel, {
      spatialWeight: parameters.spatialWeight.storage,
      bilateralWeight: parameters.bilateralWeight.storage,
      compatibility: parameters.compatibility.storage,
      matrices: view(into, set * alignedBytes(device, bytes), bytes),
      channels: classes,
      matrixRow: set * classes,
      ...factors,
    });
  }
}

/**
 * Reads what `composeMatrices` wrote. If all matrices are diagonal, which is usual (Potts with one weight for each
 * class), an update costs L instead of L² operations for each pixel, so only the diagonals are stored. `values` is what
 * was read back of `storage`.
 */
export function readMatrices(
  device: Device,
  workspace: Workspace,
  storage: Storage,
  values: Float32Array,
  classes: number,
  sets: number,
): UpdateMatrices {
  const rowStride = padded(classes);
  const bytes = 2 * classes * rowStride * 4;
  const diagonals = new Float32Array((sets * alignedBytes(device, 2 * rowStride * 4)) / 4);
  for (let set = 0; set < sets; set++) {
    for (let row = 0; row < 2 * classes; row++) {
      const from = (set * alignedBytes(device, bytes)) / 4 + row * rowStride;
      const channel = row % classes;
      for (let c = 0; c < classes; c++) {
        if (c !== channel && values[from + c] !== 0) {
          return {
            diagonal: false,
            of: (iteration) => view(storage, Math.min(iteration, sets - 1) * alignedBytes(device, bytes), bytes),
          };
        }
      }
      diagonals[(set * alignedBytes(device, 2 * rowStride * 4)) / 4 + (row < classes ? 0 : rowStride) + channel] =
        values[from + channel]!;
    }
  }
  const stored = workspace.allocate(diagonals.byteLength);
  device.write(stored, diagonals);
  return {
    diagonal: true,
    of: (iteration) =>
      view(stored, Math.min(iteration, sets - 1) * alignedBytes(device, 2 * rowStride * 4), 2 * rowStride * 4),
  };
}
