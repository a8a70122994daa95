import type { Device } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { requireDevice } from "../inputs.ts";
import { type Names, requireOptions } from "../options.ts";
import { checkShape, elementsOf, formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { found, kindOf, requireNumbers } from "../values.ts";

/** Options of `volumeFeatures`. */
export interface VolumeOptions {
  /** How far voxels lie from each other along z, y and x, for example in millimeters. Default: 1, 1, 1. */
  readonly spacing?: readonly [z: number, y: number, x: number];
  /** Numbers that every voxel has besides its place, as of a scan: [d·h·w·C], voxel by voxel. */
  readonly intensities?: ArrayLike<number>;
}

const names: Names<VolumeOptions> = { spacing: true, intensities: true };
const where = "volumeFeatures";

/**
 * Makes features of the voxels of a volume of size [d, h, w], a row (z, y, x, intensities …) each, [d·h·w, 3 + C], in the unit of the
 * spacing, for a filter of `denseCrf`, which divides them by its bandwidths.
 * @throws ShapeError, ValueError
 * @example const places = volumeFeatures(device, [4, 5, 6], { spacing: [3, 1, 1] }); // [120, 3], in millimeters
 */
export function volumeFeatures(device: Device, size: readonly number[], options: VolumeOptions = {}): Tensor {
  requireDevice(where, device);
  requireOptions(where, options, names);
  checkShape(where, size);
  if (size.length !== 3) throw new ShapeError({ where, expected: "a size [d, h, w]", got: formatShape(size) });
  const { spacing = [1, 1, 1], intensities = [] } = options;
  requireSpacing(spacing);
  const voxels = elementsOf(size);
  const channels = intensities.length / voxels;
  if (!Number.isInteger(channels)) {
    const expected = `intensities of ${voxels} voxels, as many of each`;
    throw new ShapeError({ where, expected, got: `${intensities.length} numbers` });
  }
  requireNumbers(where, intensities, intensities.length);
  const [, height, width] = size as [number, number, number];
  const row = 3 + channels;
  const values = new Float32Array(voxels * row);
  for (let voxel = 0; voxel < voxels; voxel++) {
    const place = [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
    for (let axis = 0; axis < 3; axis++) values[voxel * row + axis] = place[axis]! * spacing[axis]!;
    for (let c = 0; c < channels; c++) values[voxel * row + 3 + c] = intensities[voxel * channels + c]!;
  }
  return device.tensor([voxels, row], values);
}

/** @throws ValueError unless there are three distances above 0 */
function requireSpacing(spacing: unknown): void {
  const distances: unknown[] = Array.isArray(spacing) ? spacing : [];
  const wrong = distances.find((one) => !(Number.isFinite(one) && (one as number) > 0));
  if (distances.length === 3 && wrong === undefined) return;
  const got =
    wrong === undefined ? (Array.isArray(spacing) ? `${distances.length} numbers` : kindOf(spacing)) : found(wrong);
  const remedy = "pass the distances of voxels along z, y and x";
  throw new ValueError({ where, expected: "a spacing of three numbers above 0", got, remedy });
}
